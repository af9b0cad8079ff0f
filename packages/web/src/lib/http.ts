/** Leo's API, typed by the server's own routes: a route that is renamed there does not compile here. */
import { hc, type ClientResponse } from "hono/client";
import type { ApiError } from "@leo/core/api.ts";
import type { Api } from "@leo/orchestrator/routes/api.ts";
import { noteServerTime } from "./clock.ts";
import { HttpError, NetworkError, overNetwork } from "./errors.ts";
import { accessToken, renewSession } from "./session.ts";

const TIMEOUT_MS = 30_000;

const send = async (path: RequestInfo | URL, init: RequestInit): Promise<Response> => {
  const headers = new Headers(init.headers);
  const token = await accessToken();
  if (token !== undefined) headers.set("authorization", `Bearer ${token}`);
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  const signal = init.signal ? AbortSignal.any([init.signal, timeout]) : timeout;
  // Made first: what is wrong with the request itself is not the network's fault.
  const outgoing = new Request(path, { ...init, headers, signal });
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
 * Fetches as the signed-in user; a rejected token is renewed once.
 * @throws HttpError for any answer that is no success, NetworkError when Leo or the auth server is out of reach
 */
export const fetchSignedIn: typeof fetch = async (path, init = {}) => {
  let response = await send(path, init);
  if (response.status === 401) {
    if (!(await renewSession())) throw new NetworkError("no new token");
    response = await send(path, init);
  }
  if (!response.ok) throw await toError(response);
  return response;
};

/** The routes under `/api`, called as the signed-in user. They throw what `fetchSignedIn` throws. */
export const { api } = hc<Api>("/", { fetch: fetchSignedIn });

/** The routes that need nobody to be signed in. */
export const { api: publicApi } = hc<Api>("/");

/** Makes the key when it is sent, so that a fault in making it is the submission's and is shown. */
export type IdempotencyKey = () => string;

/** The header by which every try of one submission is known for the same. */
export const idempotency = (key: IdempotencyKey) => ({ "idempotency-key": key() });

/** The JSON that a route is sent. */
export type Sent<Route extends (args: never) => unknown> = Parameters<Route>[0] extends { json: infer Json }
  ? Json
  : never;

/** What a route answers with when it succeeds. */
export type Body<Answer> = Extract<Answer, { ok: true }> extends ClientResponse<infer Json> ? Json : never;

/** Reads the body of an answer, which is a success: everything else has been thrown. */
export const read = async <Answer extends ClientResponse<unknown>>(
  answer: Answer | Promise<Answer>,
): Promise<Body<Answer>> => JSON.parse(await overNetwork((await answer).text())) as Body<Answer>;
