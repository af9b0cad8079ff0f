import { ERROR_STATUS, type ErrorCode } from "@leo/core/api.ts";

/** A refusal that the caller is told about: one code of the API's list and a sentence for a person. */
export class ApiFault extends Error {
  override name = "ApiFault";
  readonly code: ErrorCode;
  readonly details: unknown;

  constructor(code: ErrorCode, message: string, details?: unknown, cause?: unknown) {
    super(message, { cause });
    this.code = code;
    this.details = details;
  }

  get status() {
    return ERROR_STATUS[this.code];
  }
}

/** The same for what does not exist and for what is another user's. */
export const notFound = (what: string) => new ApiFault("not_found", `There is no such ${what}.`);
