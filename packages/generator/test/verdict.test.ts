import { expect, test } from "vitest";
import { resetTimeMs } from "../src/gateway/reset-time.ts";
import { judge, judgeError, type Verdict } from "../src/gateway/verdict.ts";

const NOW_MS = Date.parse("2026-12-01T12:00:00.400Z");
const UNIFIED = "anthropic-ratelimit-unified";

test.for<[string, Record<string, string>, secondsAway: number | undefined]>([
  ["nothing", {}, undefined],
  ["seconds", { "retry-after": "90" }, 90],
  ["milliseconds, which are exact", { "retry-after": "1", "retry-after-ms": "250" }, 0.25],
  ["an HTTP date", { "retry-after": "Tue, 01 Dec 2026 12:01:00 GMT" }, 59.6],
  ["a date that is over", { "retry-after": "Tue, 01 Dec 2026 11:00:00 GMT" }, undefined],
  ["a number without end", { "retry-after": "1e99" }, undefined],
  ["years", { "retry-after": "999999999" }, undefined],
  ["words", { "retry-after": "soon" }, undefined],
  ["a negative number", { "retry-after": "-5" }, undefined],
  [
    "the reset of a subscription, which counts more",
    { "retry-after": "60", [`${UNIFIED}-status`]: "rejected", [`${UNIFIED}-reset`]: "1796133600" },
    7_199.6,
  ],
  [
    "the reset of a subscription that is not used up",
    { "retry-after": "60", [`${UNIFIED}-status`]: "allowed", [`${UNIFIED}-reset`]: "1796133600" },
    60,
  ],
  [
    "the limits of a key, of which the used up count",
    {
      "anthropic-ratelimit-tokens-remaining": "0",
      "anthropic-ratelimit-tokens-reset": "2026-12-01T12:00:30Z",
      "anthropic-ratelimit-requests-remaining": "7",
      "anthropic-ratelimit-requests-reset": "2026-12-01T13:00:00Z",
    },
    29.6,
  ],
])("of %s the time is known", ([, headers, secondsAway]) => {
  const timeMs = resetTimeMs(headers, NOW_MS);
  expect(timeMs === undefined ? undefined : (timeMs - NOW_MS) / 1_000).toEqual(secondsAway);
});

const PAGE = "<!DOCTYPE html><title>502</title>";
const error = (type: string, message = "No.") => JSON.stringify({ type: "error", error: { type, message } });
const kindOf = ({ problem }: Verdict) =>
  problem.kind === "passing" ? problem.reason : problem.kind === "lasting" ? problem.code : problem.kind;

test.for<[status: number, body: string, means: string]>([
  [429, error("rate_limit_error"), "limit"],
  [429, "slow down", "limit"],
  [529, error("overloaded_error"), "busy"],
  [500, error("api_error"), "error"],
  [504, error("timeout_error"), "error"],
  [408, error("timeout_error"), "error"],
  [502, PAGE, "error"],
  [200, PAGE, "foreign"],
  [200, "{}", "foreign"],
  [302, "", "foreign"],
  [403, PAGE, "foreign"],
  [407, "", "model_proxy"],
  [301, "", "model_address"],
  [405, PAGE, "model_address"],
  [200, error("overloaded_error"), "busy"],
  [200, error("rate_limit_error"), "limit"],
  [200, error("api_error"), "error"],
  [200, error("authentication_error"), "model_credential"],
  [401, error("authentication_error"), "model_credential"],
  [401, PAGE, "model_credential"],
  [403, error("permission_error"), "model_credential"],
  [400, error("invalid_request_error", "This organization has been disabled."), "model_credential"],
  [400, error("invalid_request_error", "Your credit balance is too low to access it."), "model_balance"],
  [402, error("billing_error"), "model_balance"],
  [404, error("not_found_error", "model: claude-opus-9"), "model_unknown"],
  [404, PAGE, "model_address"],
  [404, error("not_found_error", "Not Found"), "model_address"],
  [413, error("request_too_large"), "request_too_large"],
  [400, error("invalid_request_error", "prompt is too long: 2 tokens > 1 maximum"), "request_too_large"],
  [400, error("invalid_request_error", "messages.0: Your credit balance is too low"), "rejected"],
  [400, error("invalid_request_error"), "rejected"],
  [422, error("invalid_request_error"), "rejected"],
])("%s %s means %s", ([status, body, means]) => {
  expect(kindOf(judge({ status, headers: {}, body }, NOW_MS))).toBe(means);
});

test.for<[cause: { code: string; statusCode?: number }, means: string]>([
  [{ code: "SELF_SIGNED_CERT_IN_CHAIN" }, "model_certificate"],
  [{ code: "CERT_HAS_EXPIRED" }, "model_certificate"],
  [{ code: "ERR_TLS_CERT_ALTNAME_INVALID" }, "model_certificate"],
  [{ code: "ERR_PROXY_TUNNEL", statusCode: 407 }, "model_proxy"],
  [{ code: "ERR_PROXY_TUNNEL", statusCode: 403 }, "model_proxy"],
  [{ code: "ERR_PROXY_TUNNEL", statusCode: 502 }, "unreachable"],
  [{ code: "EPROTO" }, "model_address"],
  [{ code: "ECONNRESET" }, "unreachable"],
  [{ code: "ENOTFOUND" }, "unreachable"],
])("no answer because of %o means %s, and what lasts says what to do", ([cause, means]) => {
  const verdict = judgeError(Object.assign(new Error("no"), cause), "model.test");
  expect(kindOf(verdict)).toBe(means);
  if (means !== "unreachable") expect(verdict.detail).toMatch(/\b(?:add|correct) .*[A-Z]_[A-Z]/i);
});

test("a limit of spending says in words when it ends", () => {
  const message =
    "You have reached your specified API usage limits. You will regain access on 2027-01-01 at 00:00 UTC.";
  const { problem } = judge(
    { status: 400, headers: {}, body: error("invalid_request_error", message) },
    NOW_MS,
  );
  expect(problem).toEqual({ kind: "lasting", code: "model_limit", retryAtMs: Date.UTC(2027, 0, 1) });
});
