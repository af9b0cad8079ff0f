/**
 * What a response from the model's side means, judged by its status, headers and error type. Its wording decides
 * only where the API offers nothing else. The gateway has seen all of this itself.
 *
 * A *passing* problem goes away by itself, so the gateway retries. A *lasting* one needs a person, or lasts too long
 * to wait for.
 */
import type { IncomingHttpHeaders } from "node:http";
import { z } from "zod";
import { certificateProblem, reasonOf } from "@leo/core/explain.ts";
import { parseJson } from "@leo/core/parse-json.ts";
import type { FailureCode } from "@leo/core/failure.ts";
import { resetTimeMs } from "./reset-time.ts";

/** Why the gateway retries. */
export const WaitReason = z.enum(["busy", "limit", "error", "unreachable", "silent", "foreign"]);
export type WaitReason = z.infer<typeof WaitReason>;

export interface Verdict {
  problem:
    | { kind: "passing"; reason: WaitReason; retryAtMs: number | undefined }
    | { kind: "lasting"; code: FailureCode; retryAtMs?: number | undefined }
    /** Concerns this request rather than the model, and is left to the agent's harness. */
    | { kind: "rejected" };
  /** For the operator. */
  detail: string;
  /** The response's status, or for an error event within a 200 the equivalent one. */
  status: number;
}

export interface ErrorAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  /** At most its first megabyte. */
  body: string;
}

const ErrorBody = z.object({ error: z.object({ type: z.string(), message: z.string() }) });

/** The status equivalent to an error event within a 200. */
const STATUS_OF_TYPE: Record<string, number> = {
  invalid_request_error: 400,
  authentication_error: 401,
  billing_error: 402,
  permission_error: 403,
  not_found_error: 404,
  request_too_large: 413,
  rate_limit_error: 429,
  api_error: 500,
  timeout_error: 504,
  overloaded_error: 529,
};

/** How the API begins a 400 about the account. Text from the request can't come first. */
const ACCOUNT_SENTENCES: [RegExp, FailureCode][] = [
  [/^Your credit balance is too low/, "model_balance"],
  [/^You have reached your specified (?:API|workspace API) usage limits/, "model_limit"],
  [/^(?:This|Your) organization has been disabled/, "model_credential"],
  [/^This credential is only authorized/, "model_credential"],
  [/^prompt is too long|^input length and `max_tokens` exceed/, "request_too_large"],
];
const BY_STATUS: Record<number, FailureCode> = {
  401: "model_credential",
  402: "model_balance",
  403: "model_credential",
  413: "request_too_large",
};

/** Undefined for HTML or the JSON of something else: not the API's words. */
const parse = (body: string): { type: string; message: string } | undefined =>
  ErrorBody.safeParse(parseJson(body)).data?.error;

/** "You will regain access on 2026-12-01 at 00:00 UTC." */
const regainMs = (message: string): number | undefined => {
  const [, day, time = "00:00"] =
    /regain access on (\d{4}-\d\d-\d\d)(?: at (\d\d:\d\d) UTC)?/.exec(message) ?? [];
  return day ? Date.parse(`${day}T${time}Z`) || undefined : undefined;
};

/** Judges a response other than a message. @param nowMs base of the durations in headers */
export const judge = ({ status: httpStatus, headers, body }: ErrorAnswer, nowMs: number): Verdict => {
  const error = parse(body);
  const status = httpStatus === 200 && error ? (STATUS_OF_TYPE[error.type] ?? 500) : httpStatus;
  const detail = error
    ? `${status} ${error.type}: ${error.message.slice(0, 2_000)}`
    : `${status}, and no answer of the Messages API: ${body.trim().slice(0, 200)}`;
  const retryAtMs = resetTimeMs(headers, nowMs);
  const verdict = (problem: Verdict["problem"]): Verdict => ({ problem, detail, status });
  const passing = (reason: WaitReason) => verdict({ kind: "passing", reason, retryAtMs });
  const lasting = (code: FailureCode) => verdict({ kind: "lasting", code });

  const account = error && ACCOUNT_SENTENCES.find(([sentence]) => sentence.test(error.message))?.[1];
  if (account) return verdict({ kind: "lasting", code: account, retryAtMs: regainMs(error.message) });
  if (status === 429) return passing("limit");
  if (status === 529) return passing("busy");
  if (error && (status >= 500 || status === 408 || status === 409)) return passing("error");
  if (status === 407) return proxyRejects(status);
  if (!error && NO_API_HERE.has(status)) return noApiHere(detail, status);
  // A proxy may put a page in place of any answer, but these statuses concern Leo's own settings.
  if (!error && ![400, 401].includes(status)) return passing(status >= 500 ? "error" : "foreign");
  // The API names the model that it doesn't know. Any other 404 in its form concerns the path.
  if (error && status === 404)
    return /model/i.test(error.message) ? lasting("model_unknown") : noApiHere(detail, status);
  const code = BY_STATUS[status];
  return code ? lasting(code) : verdict({ kind: "rejected" });
};

/** How a server that isn't the API responds: not found, not allowed, or moved for good. */
const NO_API_HERE = new Set([301, 308, 404, 405, 410]);

const noApiHere = (detail: string, status: number): Verdict => ({
  problem: { kind: "lasting", code: "model_address" },
  detail: `Correct LEO_UPSTREAM_URL (ANTHROPIC_BASE_URL of npm start): what is there answered ${detail}`,
  status,
});

const passingError = (reason: WaitReason, detail: string): Verdict => ({
  problem: { kind: "passing", reason, retryAtMs: undefined },
  detail,
  status: 502,
});

/** The verdict if the model's side stays silent for too long. */
export const silent = (detail: string): Verdict => passingError("silent", detail);

/** What OpenSSL reports if the other side doesn't speak TLS, such as a plain HTTP server. */
const NO_TLS_HERE = new Set(["EPROTO", "ERR_SSL_WRONG_VERSION_NUMBER", "ERR_SSL_PACKET_LENGTH_TOO_LONG"]);
/** A proxy's statuses for a CONNECT that it doesn't allow this client. */
const PROXY_REJECTIONS = new Set([401, 403, 407]);

/** Judges why there was no response at all. @param host the one called */
export const judgeError = (error: unknown, host: string): Verdict => {
  const certificate = certificateProblem(error);
  if (certificate)
    return {
      problem: { kind: "lasting", code: "model_certificate" },
      detail: `Leo doesn't trust ${host}: ${certificate}. Add its authority to NODE_EXTRA_CA_CERTS, or renew it.`,
      status: 502,
    };
  const { code = "", statusCode = 0 } = error as { code?: string; statusCode?: number };
  if (NO_TLS_HERE.has(code)) return noApiHere("without TLS", 502);
  if (code === "ERR_PROXY_TUNNEL" && PROXY_REJECTIONS.has(statusCode)) return proxyRejects(statusCode);
  return passingError("unreachable", reasonOf(error));
};

const proxyRejects = (status: number): Verdict => ({
  problem: { kind: "lasting", code: "model_proxy" },
  detail: `The proxy answered ${status}: correct the address, user and password in HTTPS_PROXY or HTTP_PROXY.`,
  status,
});
