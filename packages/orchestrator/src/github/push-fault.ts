import type { Findings, PublicationFailure, PublicationFailureCode } from "@leo/core/publishing.ts";
import { scrub } from "@leo/core/scrub.ts";

/** A sentence for the app's owner: what happened and what to do. */
const MESSAGES: Record<PublicationFailureCode, string> = {
  secrets_found:
    "The files hold what looks like secrets, so nothing was published. Look at the list, then publish anyway or ask the agent to remove them.",
  not_configured: "Publishing is not set up on this installation. Its operator can add a GitHub token.",
  token_refused:
    "GitHub refused Leo's token: it was revoked, has expired, or may not do this. Tell the operator, then publish again.",
  repository_gone:
    "The repository is gone, or Leo may no longer see it. Disconnect it and publish again: that makes a new one.",
  name_taken: "GitHub has repositories with every name that would fit. Rename the app, then publish again.",
  conflict:
    "The repository has commits that Leo did not make, and Leo does not overwrite them. Publish on top of them, or disconnect the repository to start a new one.",
  refused: "GitHub did not take the version. Its reason is in the details.",
  files_gone: "The files of this version have expired. Publish a newer version.",
  unreachable: "GitHub could not be reached for a while. Publish again later.",
  internal: "Something in Leo failed. Publish again; if it stays, tell the operator.",
};

const DETAIL_MAX_CHARS = 4_000;

/** Publishing cannot go on; trying again by itself would not help. */
export class PublishingFault extends Error {
  override name = "PublishingFault";
  readonly failure: PublicationFailure;

  constructor(
    code: PublicationFailureCode,
    more: { detail?: string; message?: string; secrets?: Findings; headSha?: string } = {},
  ) {
    const { detail, message = MESSAGES[code], ...rest } = more;
    super(`${code}: ${scrub(detail ?? message)}`);
    this.failure = {
      code,
      message,
      ...(detail ? { detail: scrub(detail).slice(0, DETAIL_MAX_CHARS) } : {}),
      ...rest,
    };
  }
}

/** Something that passes: GitHub is down, slow, or wants fewer calls. */
export class PassingFault extends Error {
  override name = "PassingFault";
  /** When GitHub asked to wait. */
  readonly retryAfterMs: number | undefined;

  constructor(message: string, retryAfterMs?: number) {
    super(scrub(message));
    this.retryAfterMs = retryAfterMs;
  }
}
