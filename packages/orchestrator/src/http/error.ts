import type { ErrorHandler } from "hono";
import { HTTPException } from "hono/http-exception";
import type { Logger } from "pino";
import type { z } from "zod";
import { ERROR_STATUS, type ApiError } from "@leo/core/api.ts";
import { ApiFault, notFound } from "../fault.ts";
import type { Env } from "./env.ts";
import { isUnreachable } from "./unreachable.ts";

export const errorBody = ({ code, message, details }: ApiFault): ApiError => ({
  error: { code, message, ...(details === undefined ? {} : { details }) },
});

/** The framework's own errors (malformed JSON, wrong media type) in the API's codes. */
const translate = (error: Error): ApiFault | undefined => {
  if (error instanceof ApiFault) return error;
  if (!(error instanceof HTTPException) || error.status >= 500) return undefined;
  if (error.status === ERROR_STATUS.payload_too_large) return tooLarge();
  if (error.status === 415) return new ApiFault("bad_request", "Send the body as application/json.");
  return new ApiFault("bad_request", "The body isn't valid JSON.");
};

export const BODY_MAX_BYTES = 64 * 1024;
export const tooLarge = () =>
  new ApiFault(
    "payload_too_large",
    `The request is too large. Leo accepts up to ${BODY_MAX_BYTES / 1024} KiB.`,
  );

/** The client left in the middle of its body: nobody reads the answer, and Leo did not fail. */
const isAbort = (error: Error) =>
  error.message === "aborted" && "code" in error && error.code === "ECONNRESET";

const UNREACHABLE_RETRY_SECONDS = 5;
const unreachable = (error: Error) =>
  new ApiFault(
    "unavailable",
    "Something Leo needs can't be reached right now. Try again in a moment.",
    undefined,
    error,
    UNREACHABLE_RETRY_SECONDS,
  );
const unexpected = () => new ApiFault("internal", "Something went wrong in Leo. Try again.");

/** The one place where errors become answers. An unexpected one is logged, and answered with a fixed text. */
export const onError =
  (log: Logger): ErrorHandler<Env> =>
  (error, c) => {
    if (isAbort(error)) return c.body(null, 400);
    const fault = translate(error) ?? (isUnreachable(error) ? unreachable(error) : unexpected());
    if (fault.status >= 500) {
      const { requestId } = c.var;
      log.error(
        { err: fault.cause ?? error, event: "request_failed", requestId, code: fault.code },
        "request failed",
      );
    }
    if (fault.code === "unauthenticated") c.header("www-authenticate", "Bearer");
    if (fault.retryAfterSeconds !== undefined) c.header("retry-after", String(fault.retryAfterSeconds));
    return c.json(errorBody(fault), fault.status);
  };

const sentence = ({ message, path, code }: z.core.$ZodIssue): string => {
  if (message.endsWith(".")) return message;
  const name = path.join(".") || "The body";
  if (code === "invalid_type" && message.endsWith("received undefined")) return `${name} is missing.`;
  return `${name}: ${message}.`;
};

/**
 * Rejects what a schema does not allow. A malformed id in the path counts as unknown; anything else is reported
 * in one sentence, with all issues in the details.
 */
export const onInvalid = (result: { target: string; success: boolean; error?: z.ZodError }): void => {
  if (result.success || !result.error) return;
  if (result.target === "param") throw notFound("resource");
  const { issues } = result.error;
  const [first] = issues;
  throw new ApiFault(
    "bad_request",
    first ? sentence(first) : "The request is not valid.",
    issues.slice(0, 20).map(({ path, message }) => ({ in: result.target, path: path.join("."), message })),
  );
};
