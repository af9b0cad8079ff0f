/** Who may call the gateway, and what for. */
import { ApiError } from "./api-error.ts";

export const BODY_MAX_BYTES = 10 * 1024 * 1024;

const FORWARDED = new Set(["/v1/messages", "/v1/messages/count_tokens"]);
const LOOPBACK = /^(?:127\.\d+\.\d+\.\d+|localhost|\[::1\])(?::\d+)?$/;

export interface RequestHead {
  method: string | undefined;
  path: string;
  host: string | undefined;
  /** Set if a browser page made the request. */
  origin: string | undefined;
}

/** @throws ApiError if the request isn't one of the agent's */
export const admitHead = ({ method, path, host, origin }: RequestHead): void => {
  if (origin !== undefined || !LOOPBACK.test(host ?? "")) {
    throw new ApiError(403, "permission_error", "The gateway serves only the agent of this task.");
  }
  if (!FORWARDED.has(path)) throw new ApiError(404, "not_found_error", `${path} is not forwarded.`);
  if (method !== "POST") throw new ApiError(405, "invalid_request_error", "Only POST is forwarded.");
};
