import { ERROR_STATUS, type ErrorCode } from "@leo/core/api.ts";

/** A refusal that the caller is told about: one code of the API's list and a sentence for a person. */
export class ApiFault extends Error {
  override name = "ApiFault";
  readonly code: ErrorCode;
  readonly details: unknown;
  /** Told as `Retry-After`. */
  readonly retryAfterSeconds: number | undefined;

  constructor(
    code: ErrorCode,
    message: string,
    details?: unknown,
    cause?: unknown,
    retryAfterSeconds?: number,
  ) {
    super(message, { cause });
    this.code = code;
    this.details = details;
    this.retryAfterSeconds = retryAfterSeconds;
  }

  get status() {
    return ERROR_STATUS[this.code];
  }
}

/** The same for what does not exist and for what is another user's. */
export const notFound = (what: string) => new ApiFault("not_found", `There is no such ${what}.`);
