/** What the gateway lets through. */
import { z } from "zod";
import type { GatewayConfig } from "./config.ts";

/** An answer in the Messages API's own form, so that the agent's harness understands it. */
export class ApiError extends Error {
  override name = "ApiError";
  readonly status: number;
  readonly type: string;

  constructor(status: number, type: string, message: string) {
    super(message);
    this.status = status;
    this.type = type;
  }
}

export const BODY_MAX_BYTES = 10 * 1024 * 1024;

const FORWARDED = new Set(["/v1/messages", "/v1/messages/count_tokens"]);
const LOOPBACK = /^(?:127\.\d+\.\d+\.\d+|localhost|\[::1\])(?::\d+)?$/;

export interface RequestHead {
  method: string | undefined;
  path: string;
  host: string | undefined;
  /** Present when a browser page made the request. */
  origin: string | undefined;
}

/** @throws ApiError when the request is not one that the agent makes */
export const admitHead = ({ method, path, host, origin }: RequestHead): void => {
  if (origin !== undefined || !LOOPBACK.test(host ?? "")) {
    throw new ApiError(403, "permission_error", "The gateway answers the agent of this task only.");
  }
  if (!FORWARDED.has(path)) throw new ApiError(404, "not_found_error", `${path} is not forwarded.`);
  if (method !== "POST") throw new ApiError(405, "invalid_request_error", "Only POST is forwarded.");
};

const MessagesBody = z.looseObject({ model: z.string().max(200), max_tokens: z.number().optional() });

/**
 * Judges a request's body.
 * @returns the model that it asks for
 * @throws ApiError when the model is not allowed or the answer could be too long
 */
export const admitBody = (
  body: Buffer,
  config: Pick<GatewayConfig, "LEO_ALLOWED_MODELS" | "LEO_MAX_OUTPUT_TOKENS">,
): string => {
  const parsed = MessagesBody.safeParse(parse(body));
  if (!parsed.success) throw new ApiError(400, "invalid_request_error", "The body is no Messages request.");
  const { model, max_tokens: maxTokens = 0 } = parsed.data;
  const name = model.replace(/-\d{8}$/, "");
  if (!config.LEO_ALLOWED_MODELS.includes(model) && !config.LEO_ALLOWED_MODELS.includes(name)) {
    throw new ApiError(403, "permission_error", `The model ${model} is not allowed here.`);
  }
  if (maxTokens > config.LEO_MAX_OUTPUT_TOKENS) {
    const message = `max_tokens: ${maxTokens} > ${config.LEO_MAX_OUTPUT_TOKENS}, the most that is allowed here.`;
    throw new ApiError(400, "invalid_request_error", message);
  }
  return model;
};

const parse = (body: Buffer): unknown => {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    return undefined;
  }
};
