/** What a check reports, and why it could not look. */
export type Status = "ok" | "warning" | "failure";

export interface Finding {
  status: Status;
  /** One sentence, without a secret. */
  message: string;
  /** What to do about it. */
  advice?: string;
}

export const ok = (message: string): Finding => ({ status: "ok", message });
export const warning = (message: string, advice?: string): Finding => ({
  status: "warning",
  message,
  advice,
});
export const failure = (message: string, advice?: string): Finding => ({
  status: "failure",
  message,
  advice,
});

/** What is missing if the AWS credentials don't work. */
export const AWS_CREDENTIALS = "AWS credentials";
/** What is missing if the database can't be reached. */
export const WORKING_DATABASE = "a working database";

/**
 * Thrown by a check that needs something that another line reports as missing. The report counts such
 * checks instead of repeating the cause.
 */
export class LeftOut extends Error {
  override name = "LeftOut";
  /** What the check needs, as in "14 checks need AWS credentials". */
  readonly needs: string;

  constructor(needs: string, options?: ErrorOptions) {
    super(`needs ${needs}`, options);
    this.needs = needs;
  }
}
