import type { ContentfulStatusCode } from "hono/utils/http-status";

/** An error as Supabase Auth answers it: status, a code of its list and a sentence. */
export class AuthError extends Error {
  override name = "AuthError";
  readonly status: ContentfulStatusCode;
  readonly code: string;

  constructor(status: ContentfulStatusCode, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export const invalidCredentials = (): AuthError =>
  new AuthError(400, "invalid_credentials", "Invalid login credentials");
export const validationFailed = (message: string): AuthError =>
  new AuthError(400, "validation_failed", message);
