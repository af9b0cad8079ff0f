import type { ApiError } from "@leo/core/api.ts";
import { noteServerTime } from "./clock.ts";
import { HttpError, NetworkError, overNetwork } from "./errors.ts";
import { accessToken, renewSession } from "./session.ts";

const TIMEOUT_MS = 30_000;

interface RequestOptions {
  method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

const send = async (path: string, options: RequestOptions): Promise<Response> => {
  const token = await accessToken();
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  // Made first: what is wrong with the request itself is not the network's fault.
  const outgoing = new Request(path, {
    method: options.method ?? "GET",
    headers: {
      ...(options.body === undefined ? {} : { "content-type": "application/json" }),
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...options.headers,
    },
    ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
    signal: options.signal ? AbortSignal.any([options.signal, timeout]) : timeout,
  });
  const response = await overNetwork(fetch(outgoing));
  noteServerTime(response);
  return response;
};

const isApiError = (value: unknown): value is ApiError =>
  typeof value === "object" && value !== null && "error" in value;

const toError = async (response: Response): Promise<HttpError> => {
  const text = await overNetwork(response.text());
  const body: unknown = response.headers.get("content-type")?.includes("json") ? JSON.parse(text) : undefined;
  if (isApiError(body)) {
    const { code, message, details } = body.error;
    return new HttpError(response.status, code, message, details);
  }
  return new HttpError(response.status, "internal", `The server returned status ${response.status}.`);
};

/**
 * Calls the API as the signed-in user and gives the raw answer.
 * A refused token is renewed once.
 * @throws HttpError, or NetworkError when Leo's server or the auth server is out of reach
 */
export const requestRaw = async (path: string, options: RequestOptions = {}): Promise<Response> => {
  let response = await send(path, options);
  if (response.status === 401) {
    if (!(await renewSession())) throw new NetworkError("no new token");
    response = await send(path, options);
  }
  if (!response.ok) throw await toError(response);
  return response;
};

/** Like `requestRaw`, for JSON. */
export const request = async <T>(path: string, options: RequestOptions = {}): Promise<T> => {
  const response = await requestRaw(path, options);
  if (response.status === 204) return undefined as T;
  return JSON.parse(await overNetwork(response.text())) as T;
};
