import type { ApiError, ErrorCode } from "@leo/core/api.ts";
import { accessToken, renewSession } from "./session.ts";

const TIMEOUT_MS = 30_000;

/** An answer of the API that is not a success. `message` is a sentence for the user. */
export class HttpError extends Error {
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

interface RequestOptions {
  method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

const send = async (path: string, options: RequestOptions): Promise<Response> => {
  const token = await accessToken();
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  return fetch(path, {
    method: options.method ?? "GET",
    headers: {
      ...(options.body === undefined ? {} : { "content-type": "application/json" }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...options.headers,
    },
    ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
    signal: options.signal ? AbortSignal.any([options.signal, timeout]) : timeout,
  });
};

const isApiError = (value: unknown): value is ApiError =>
  typeof value === "object" && value !== null && "error" in value;

const toError = async (response: Response): Promise<HttpError> => {
  const text = await response.text();
  const body: unknown = response.headers.get("content-type")?.includes("json") ? JSON.parse(text) : undefined;
  if (isApiError(body)) {
    const { code, message, details } = body.error;
    return new HttpError(response.status, code, message, details);
  }
  return new HttpError(response.status, "internal", `The server answered with status ${response.status}.`);
};

/**
 * Calls the API as the signed-in user and gives the raw answer.
 * A refused token is renewed once. Throws HttpError, or TypeError when the server is out of reach.
 */
export const requestRaw = async (path: string, options: RequestOptions = {}): Promise<Response> => {
  let response = await send(path, options);
  if (response.status === 401) {
    if (!(await renewSession())) throw new TypeError("The auth server cannot be reached.");
    response = await send(path, options);
  }
  if (!response.ok) throw await toError(response);
  return response;
};

/** Like `requestRaw`, for JSON. */
export const request = async <T>(path: string, options: RequestOptions = {}): Promise<T> => {
  const response = await requestRaw(path, options);
  if (response.status === 204) return undefined as T;
  return (await response.json()) as T;
};

/** A sentence for the user about anything that was thrown. */
export const errorMessage = (error: unknown): string => {
  if (error instanceof HttpError) return error.message;
  if (error instanceof DOMException && error.name === "TimeoutError")
    return "The server took too long to answer. Try again.";
  if (error instanceof TypeError) return "The server cannot be reached. Check the connection and try again.";
  return error instanceof Error ? error.message : "Something went wrong. Try again.";
};
