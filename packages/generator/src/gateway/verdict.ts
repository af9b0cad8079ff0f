/**
 * What an answer of the model's side means, read from its status, its headers and its error type; its
 * words decide only where the API has nothing else. Everything here was seen by the gateway itself.
 *
 * A *passing* problem goes away without anybody: the gateway asks again. A *lasting* one is for a person,
 * or for a time that is too far away to wait for.
 */
import type { IncomingHttpHeaders } from "node:http";
import { z } from "zod";
import { certificateProblem, reasonOf } from "@leo/core/explain.ts";
import { parseJson } from "@leo/core/parse-json.ts";
import type { FailureCode } from "@leo/core/failure.ts";
import { resetTimeMs } from "./reset-time.ts";

/** Why the model has to be asked again. */
export const WaitReason = z.enum(["busy", "limit", "error", "unreachable", "silent", "foreign"]);
export type WaitReason = z.infer<typeof WaitReason>;

export interface Verdict {
  problem:
    | { kind: "passing"; reason: WaitReason; retryAtMs: number | undefined }
    | { kind: "lasting"; code: FailureCode; retryAtMs?: number | undefined }
    /** Says something about this request and nothing about the model: for the agent's harness to read. */
    | { kind: "rejected" };
  /** For the operator. */
  detail: string;
  /** The status that the answer has or, as an event within a 200, would have had. */
  status: number;
}

export interface ErrorAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  /** At most its first megabyte. */
  body: string;
}

const ErrorBody = z.object({ error: z.object({ type: z.string(), message: z.string() }) });

/** The status that an error event within a 200 would have had. */
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

/** Sentences with which the API begins a 400 that is about the account; what a request holds can't come first. */
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

/** Judges an answer other than a message. @param nowMs for headers that name a duration */
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
  // A page of a proxy may stand in for any answer, but these are about what Leo was set to use.
  if (!error && ![400, 401].includes(status)) return passing(status >= 500 ? "error" : "foreign");
  // The API says which model it does not know; another 404 of its form is about the path.
  if (error && status === 404)
    return /model/i.test(error.message) ? lasting("model_unknown") : noApiHere(detail, status);
  const code = BY_STATUS[status];
  return code ? lasting(code) : verdict({ kind: "rejected" });
};

/** What a server that is not the API says to its requests: not here, not like this, elsewhere for good. */
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

/** The model's side said nothing for too long. */
export const silent = (detail: string): Verdict => passingError("silent", detail);

/** OpenSSL's words for an answer that is not TLS at all, such as that of a plain HTTP server. */
const NO_TLS_HERE = new Set(["EPROTO", "ERR_SSL_WRONG_VERSION_NUMBER", "ERR_SSL_PACKET_LENGTH_TOO_LONG"]);
/** What a proxy answers to a CONNECT that it will not carry out for this client. */
const PROXY_REJECTIONS = new Set([401, 403, 407]);

/** Judges why no answer came at all. @param host where it should have come from */
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
