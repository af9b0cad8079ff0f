/**
 * How a model's side fails, in the status, headers, words and timing of the real one. A fault lasts for a time
 * or for a number of requests, counted from the first that it strikes in a conversation:
 * `mock:overloaded=30s`, `mock:overloaded=5`, `mock:overloaded=forever`. What passes by itself lasts
 * 5 seconds where nothing is said, everything else for ever. tools/mock/README.md lists them for people.
 */
import { fault, turn, type Reply, type Turn } from "./turn.ts";

const PASSING_MS = 5_000;
/** What a limit says of its reset where the fault itself has no end. */
const RESET_MS = 2 * 3_600_000;
const CUT_AFTER_EVENTS = 6;
const STREAM = { "content-type": "text/event-stream; charset=utf-8" };
const NOT_FOUND = "<!DOCTYPE html><html><head><title>404 Not Found</title></head><body>nginx</body></html>\n";
const PAGE = "<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>\n";

export interface Moment {
  nowMs: number;
  /** When the fault will have passed, as far as that is known. */
  endsMs: number;
  /** The turn that the script plays here. */
  normal: () => Promise<Turn>;
}

interface ModelFault {
  reply: (moment: Moment) => Reply | Promise<Reply>;
  lasts: "passing" | "forever";
  /** Answers of the model before it strikes: 0 for what is wrong from the start. */
  from: 0 | 1;
}

const passing = (reply: ModelFault["reply"]): ModelFault => ({ reply, lasts: "passing", from: 1 });
const lasting = (reply: ModelFault["reply"], from: 0 | 1 = 1): ModelFault => ({
  reply,
  lasts: "forever",
  from,
});

const RATE_LIMITED = {
  status: 429,
  type: "rate_limit_error",
  message: "This request would exceed your account's rate limit. Please try again later.",
};
const OVERLOADED = { status: 529, type: "overloaded_error", message: "Overloaded" };
const seconds = (durationMs: number) => String(Math.max(1, Math.ceil(durationMs / 1_000)));

const overloaded = passing(() => fault(OVERLOADED));
const rateLimit = passing(() => fault({ ...RATE_LIMITED, headers: { "retry-after": "1" } }));
const brokenAfter = (breakWith: NonNullable<Turn["breakWith"]>): ModelFault =>
  passing(async ({ normal }) => turn({ ...(await normal()), breakAfterEvents: CUT_AFTER_EVENTS, breakWith }));

const MODEL_FAULTS: Record<string, ModelFault> = {
  overloaded,
  "overloaded-forever": { ...overloaded, lasts: "forever" },
  "overloaded-until": passing(({ nowMs, endsMs }) =>
    fault({ ...OVERLOADED, headers: { "retry-after": seconds(endsMs - nowMs) } }),
  ),
  "rate-limit": rateLimit,
  "rate-limit-forever": { ...rateLimit, lasts: "forever" },
  "rate-limit-bare": passing(() => fault(RATE_LIMITED)),
  "rate-limit-until": passing(({ nowMs, endsMs }) =>
    fault({ ...RATE_LIMITED, headers: { "retry-after": seconds(endsMs - nowMs) } }),
  ),
  "rate-limit-date": passing(({ endsMs }) =>
    // An HTTP date has whole seconds.
    fault({ ...RATE_LIMITED, headers: { "retry-after": new Date(endsMs + 999).toUTCString() } }),
  ),
  "token-limit": passing(({ endsMs }) => {
    const reset = new Date(endsMs).toISOString();
    const limit = {
      "input-tokens-limit": "400000",
      "input-tokens-remaining": "0",
      "input-tokens-reset": reset,
    };
    const headers = Object.entries(limit).map(([name, value]) => [`anthropic-ratelimit-${name}`, value]);
    return fault({ ...RATE_LIMITED, headers: Object.fromEntries(headers) as Record<string, string> });
  }),
  "usage-limit": lasting(({ nowMs, endsMs }) =>
    fault({
      ...RATE_LIMITED,
      headers: {
        "retry-after": seconds(endsMs - nowMs),
        "anthropic-ratelimit-unified-status": "rejected",
        "anthropic-ratelimit-unified-reset": seconds(endsMs),
        "anthropic-ratelimit-unified-representative-claim": "five_hour",
        "anthropic-ratelimit-unified-5h-status": "rejected",
        "anthropic-ratelimit-unified-5h-reset": seconds(endsMs),
        "anthropic-ratelimit-unified-fallback": "unavailable",
        "anthropic-ratelimit-unified-overage-status": "rejected",
        "anthropic-ratelimit-unified-overage-disabled-reason": "org_level_disabled",
      },
    }),
  ),
  "spend-limit": lasting(({ endsMs }) => {
    const [day = "", time = ""] = new Date(endsMs).toISOString().split("T");
    const message = `You have reached your specified API usage limits. You will regain access on ${day} at ${time.slice(0, 5)} UTC.`;
    return fault({ status: 400, type: "invalid_request_error", message });
  }),
  "server-error": passing(() => fault({ status: 500, type: "api_error", message: "Internal server error" })),
  "bad-gateway": passing(() => ({
    kind: "raw",
    status: 502,
    headers: { "content-type": "text/html" },
    body: PAGE,
  })),
  html: passing(() => ({ kind: "raw", status: 200, headers: { "content-type": "text/html" }, body: PAGE })),
  "error-event": passing(() => {
    const data = { type: "error", error: { type: "overloaded_error", message: "Overloaded" } };
    const body = `event: error\ndata: ${JSON.stringify(data)}\n\n`;
    return { kind: "raw", status: 200, headers: STREAM, body };
  }),
  "late-error-event": brokenAfter("error"),
  "dropped-stream": brokenAfter("cut"),
  "truncated-stream": brokenAfter("end"),
  "silent-stream": brokenAfter("silence"),
  "cut-connection": passing(() => ({ kind: "cut" })),
  "no-answer": passing(() => ({ kind: "mute" })),
  stall: lasting(() => ({ kind: "stall" })),
  "expired-token": lasting(
    () =>
      fault({
        status: 401,
        type: "authentication_error",
        message: "OAuth token has expired. Please obtain a new token or refresh your existing token.",
      }),
    0,
  ),
  "revoked-token": lasting(
    () => fault({ status: 403, type: "permission_error", message: "OAuth token has been revoked." }),
    0,
  ),
  "empty-balance": lasting(() =>
    fault({
      status: 400,
      type: "invalid_request_error",
      message:
        "Your credit balance is too low to access the Anthropic API. Please go to Plans & Billing to upgrade or purchase credits.",
    }),
  ),
  "unknown-model": lasting(
    () => fault({ status: 404, type: "not_found_error", message: "model: claude-opus-9" }),
    0,
  ),
  "wrong-address": lasting(
    () => ({ kind: "raw", status: 404, headers: { "content-type": "text/html" }, body: NOT_FOUND }),
    0,
  ),
  "proxy-login": lasting(
    () => ({
      kind: "raw",
      status: 407,
      headers: { "content-type": "text/html", "proxy-authenticate": 'Basic realm="proxy"' },
      body: "<!DOCTYPE html><title>407 Proxy Authentication Required</title>\n",
    }),
    0,
  ),
  // From the start: later the harness would make the conversation shorter.
  "prompt-too-long": lasting(
    () =>
      fault({
        status: 400,
        type: "invalid_request_error",
        message: "prompt is too long: 1048577 tokens > 1000000 maximum",
      }),
    0,
  ),
  "request-too-large": lasting(() =>
    fault({ status: 413, type: "request_too_large", message: "Request exceeds the maximum size" }),
  ),
  refusal: lasting(() => turn({ text: "I can't help with that request.", stopReason: "refusal" }), 0),
};

export const MODEL_FAULT_NAMES = Object.keys(MODEL_FAULTS);

interface Extent {
  durationMs: number;
  requests: number;
}

/** A behaviour's name without what says how long it lasts. */
export const nameOf = (word: string): string => word.split("=")[0] ?? "";

/** @returns undefined when the words after `=` mean nothing */
const extentOf = (word: string): Extent | undefined => {
  const [name = "", text] = word.split("=");
  const given = /^(?:(?<seconds>\d+)s|(?<requests>\d+)|(?<forever>forever))$/.exec(text ?? "")?.groups;
  if (text !== undefined && !given) return undefined;
  const durationMs = given?.seconds && 1_000 * Number(given.seconds);
  if (durationMs) return { durationMs, requests: Infinity };
  if (given?.requests) return { durationMs: Infinity, requests: Number(given.requests) };
  const passes = !given && MODEL_FAULTS[name]?.lasts === "passing";
  return { durationMs: passes ? PASSING_MS : Infinity, requests: Infinity };
};

/** Whether a word names a model's fault, and how long it lasts in a way that is understood. */
export const isModelFault = (word: string): boolean =>
  MODEL_FAULTS[nameOf(word)] !== undefined && extentOf(word) !== undefined;

/** The faults of all conversations: when each began, and whether they are over. */
export class ModelFaults {
  readonly #nowMs: () => number;
  readonly #begun = new Map<string, { atMs: number; requests: number }>();
  #areOver = false;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Ends all faults of all conversations, also of those that come. */
  end(): void {
    this.#areOver = true;
  }

  /** The fault's answer to a request, or undefined while it doesn't strike. @param step answers before this one */
  strike(
    word: string,
    { session, step, normal }: { session: string; step: number } & Pick<Moment, "normal">,
  ): Reply | Promise<Reply> | undefined {
    const modelFault = MODEL_FAULTS[nameOf(word)];
    const extent = extentOf(word);
    if (!modelFault || !extent || this.#areOver || step < modelFault.from) return undefined;
    const nowMs = this.#nowMs();
    const key = `${session} ${word}`;
    const begun = this.#begun.get(key) ?? { atMs: nowMs, requests: 0 };
    begun.requests += 1;
    this.#begun.set(key, begun);
    const isOver = begun.requests > extent.requests || nowMs >= begun.atMs + extent.durationMs;
    if (isOver) return undefined;
    const endsMs = Number.isFinite(extent.durationMs) ? begun.atMs + extent.durationMs : nowMs + RESET_MS;
    return modelFault.reply({ nowMs, endsMs, normal });
  }
}
