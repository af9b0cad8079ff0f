/** What may be thrown at a page, and the sentence for each. */
import { isAuthError, isAuthRetryableFetchError } from "@supabase/auth-js";
import type { ErrorCode } from "@leo/core/api.ts";

/** An error whose message is a sentence for the user. */
export class ShownError extends Error {
  override name = "ShownError";
}

/** An answer of the API that is not a success. */
export class HttpError extends ShownError {
  override name = "HttpError";
  readonly status: number;
  readonly code: ErrorCode;
  /** What the code is about, in a form of its own. */
  readonly details: unknown;
  constructor(status: number, code: ErrorCode, message: string, details?: unknown) {
    super(message);
    this.status = status;
    this.code = code;
    this.details = details;
  }
}

const UNREACHABLE = "Can't reach the server. Check your connection and try again.";

/** The server could not be reached, or the connection broke before its answer was complete. */
export class NetworkError extends ShownError {
  override name = "NetworkError";
  constructor(cause: unknown) {
    super(UNREACHABLE, { cause });
  }
}

/**
 * Waits for a fetch, or for the body of its answer. Browsers report a broken connection as a TypeError, as they
 * do a mistake in our own code, so only here is a TypeError taken for the network's fault.
 * @throws NetworkError; an abort or a timeout is thrown as it is
 */
export const overNetwork = async <Answer>(answer: Promise<Answer>): Promise<Answer> => {
  try {
    return await answer;
  } catch (error) {
    throw error instanceof TypeError ? new NetworkError(error) : error;
  }
};

export const isUnreachable = (error: unknown): boolean =>
  error instanceof NetworkError || isAuthRetryableFetchError(error);

const isTimeout = (error: unknown) => error instanceof DOMException && error.name === "TimeoutError";

/** Whether trying again may help: the request did not arrive, took too long, or the server failed. */
export const isPassing = (error: unknown): boolean =>
  isUnreachable(error) || isTimeout(error) || (error instanceof HttpError && error.status >= 500);

/** Whether the error is one that pages are made for; any other is a bug. */
export const isExpected = (error: unknown): boolean =>
  error instanceof ShownError || isAuthError(error) || error instanceof DOMException;

/** A sentence for the user about anything that was thrown. */
export const errorMessage = (error: unknown): string => {
  if (isUnreachable(error)) return UNREACHABLE;
  if (error instanceof ShownError || isAuthError(error)) return error.message;
  if (isTimeout(error)) return "The server took too long to answer. Try again.";
  return "Something went wrong in Leo. Try again; if it keeps happening, tell your administrator.";
};
