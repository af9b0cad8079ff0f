import type { IncomingHttpHeaders } from "node:http";

/** The API's longest limits are monthly, so a time further away is not a reset. */
const FURTHEST_MS = 32 * 24 * 3_600_000;
const PER_MINUTE = ["requests", "tokens", "input-tokens", "output-tokens"];

const text = (headers: IncomingHttpHeaders, name: string): string | undefined => {
  const value = headers[name];
  return typeof value === "string" ? value.trim() : undefined;
};

const isNumber = (value: string | undefined) => value !== undefined && /^\d+(?:\.\d+)?$/.test(value);

/** `retry-after` is a number of seconds or an HTTP date. */
const afterMs = (headers: IncomingHttpHeaders, nowMs: number): number | undefined => {
  const milliseconds = text(headers, "retry-after-ms");
  if (isNumber(milliseconds)) return nowMs + Number(milliseconds);
  const value = text(headers, "retry-after");
  if (value === undefined) return undefined;
  return isNumber(value) ? nowMs + 1_000 * Number(value) : Date.parse(value);
};

/** A subscription's limit names its reset in seconds since 1970; it may be hours after `retry-after`. */
const subscriptionMs = (headers: IncomingHttpHeaders): number | undefined => {
  if (text(headers, "anthropic-ratelimit-unified-status") !== "rejected") return undefined;
  const seconds = text(headers, "anthropic-ratelimit-unified-reset");
  return isNumber(seconds) ? 1_000 * Number(seconds) : undefined;
};

/** The limits of an API key fill up continuously: the last of those that are used up counts. */
const perMinuteMs = (headers: IncomingHttpHeaders): number | undefined => {
  const resets = PER_MINUTE.flatMap((name) => {
    const isUsedUp = text(headers, `anthropic-ratelimit-${name}-remaining`) === "0";
    const resetMs = Date.parse(text(headers, `anthropic-ratelimit-${name}-reset`) ?? "");
    return isUsedUp && resetMs ? [resetMs] : [];
  });
  return resets.length > 0 ? Math.max(...resets) : undefined;
};

/**
 * When the model can be asked again, in milliseconds since 1970, as the headers of its refusal say.
 * @returns undefined where they say nothing, or nothing that lies ahead
 */
export const resetTimeMs = (headers: IncomingHttpHeaders, nowMs: number): number | undefined => {
  const times = [subscriptionMs(headers), afterMs(headers, nowMs), perMinuteMs(headers)];
  return times.find((timeMs) => timeMs !== undefined && timeMs > nowMs && timeMs <= nowMs + FURTHEST_MS);
};
