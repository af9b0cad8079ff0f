import type { Findings, PushFailure, PushFailureCode } from "@leo/core/github.ts";
import { scrub } from "@leo/core/scrub.ts";

/** A sentence for the app's owner: what happened and what to do. */
const MESSAGES: Record<PushFailureCode, string> = {
  secrets_found:
    "The files contain what looks like secrets, so nothing was pushed. Review the list, then push anyway or ask the agent to remove them.",
  not_configured: "Leo can't push to GitHub on this installation. Its administrator can add a GitHub token.",
  token_refused:
    "GitHub rejected Leo's token: it was revoked, has expired, or lacks a permission. Tell your administrator, then push again.",
  repository_gone:
    "The repository is gone, or Leo can no longer see it. Disconnect it and push again to create a new one.",
  name_taken: "Every suitable repository name is taken. Rename the app, then push again.",
  conflict:
    "The repository has commits that Leo didn't make, and Leo doesn't overwrite them. Push on top of them, or disconnect the repository to start a new one.",
  refused: "GitHub rejected the push. The details say why.",
  files_gone: "The files of this version have expired. Push a newer version.",
  unreachable: "GitHub couldn't be reached for a while. Push again later.",
  internal: "Something went wrong in Leo. Push again; if it keeps happening, tell your administrator.",
};

const DETAIL_MAX_CHARS = 4_000;

/** The push has failed, and a retry wouldn't help. */
export class PushFault extends Error {
  override name = "PushFault";
  readonly failure: PushFailure;

  constructor(
    code: PushFailureCode,
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

/** A temporary fault: GitHub is down, slow or rate-limiting. */
export class PassingFault extends Error {
  override name = "PassingFault";
  /** When GitHub asked to wait. */
  readonly retryAfterMs: number | undefined;

  constructor(message: string, retryAfterMs?: number) {
    super(scrub(message));
    this.retryAfterMs = retryAfterMs;
  }
}
