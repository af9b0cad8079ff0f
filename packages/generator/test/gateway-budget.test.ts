import fc from "fast-check";
import type { ServerResponse } from "node:http";
import { expect, test } from "vitest";
import { Meter } from "../src/gateway/meter.ts";
import { costUsd, NO_TOKENS, PRICED_MODELS, type TokenUsage } from "../src/gateway/prices.ts";
import { PromptCounts, promptOf } from "../src/gateway/prompt-tokens.ts";
import {
  answerWhole,
  ask,
  askStream,
  delta,
  errorOf,
  finished,
  MODEL,
  started,
  withGateway,
} from "./support/gateway.ts";
import type { Answer } from "./support/gateway.ts";
import { until } from "./support/until.ts";

const request = (content: string, options: { maxTokens?: number; model?: string } = {}) => ({
  model: options.model ?? MODEL,
  max_tokens: options.maxTokens ?? 1_000,
  messages: [{ role: "user", content }],
});
/** More than any test's run may spend on prompts and answers of these sizes. */
const hold: Answer = () => new Promise(() => undefined);

test("500 hostile requests at once against $5 cannot spend more than $5", async () => {
  let owedUsd = 0;
  // Each answer is as long as it may be, and its prompt has a token for each byte.
  const answer: Answer = async (response, { body }) => {
    const { model, max_tokens: outputTokens } = JSON.parse(body) as ReturnType<typeof request>;
    const inputTokens = Buffer.byteLength(body);
    owedUsd += costUsd(model, { ...NO_TOKENS, inputTokens, outputTokens });
    response.writeHead(200, { "content-type": "application/json" });
    const usage = { input_tokens: inputTokens, output_tokens: outputTokens };
    response.end(JSON.stringify({ stop_reason: "max_tokens", usage }));
  };
  await withGateway({ answer, env: { LEO_BUDGET_USD: "5" } }, async ({ post, usage, seen }) => {
    const hostile = { ...ask, model: "claude-opus-5", max_tokens: 64_000 };
    const statuses: number[] = [];
    const attack = async () => {
      for (let round = 0; round < 20; round += 1) {
        const response = await post(hostile);
        await response.arrayBuffer();
        statuses.push(response.status);
      }
    };
    await Promise.all(Array.from({ length: 25 }, attack));
    expect(statuses).toHaveLength(500);
    expect(seen.length).toBeGreaterThan(0);
    expect(owedUsd).toBeLessThanOrEqual(5);
    expect((await usage()).costUsd).toBeCloseTo(owedUsd, 8);
    expect(await errorOf(await post(hostile))).toEqual({ status: 400, type: "billing_error" });
    expect((await usage()).budgetExhausted).toBe(true);
  });
});

test("aborted requests cost what they may have cost", () =>
  withGateway({ answer: hold, env: { LEO_BUDGET_USD: "5" } }, async ({ post, usage, seen }) => {
    for (let round = 0; round < 60; round += 1) {
      const aborting = new AbortController();
      const before = seen.length;
      const pending = post({ ...ask, max_tokens: 64_000 }, { signal: aborting.signal });
      const failed = pending.then(
        () => "answered",
        () => "aborted",
      );
      const forwarded = until(() => seen.length > before).then(() => "forwarded");
      if ((await Promise.race([failed, forwarded])) === "answered") break;
      aborting.abort();
      expect(await failed).toBe("aborted");
      await until(async () => (await usage()).costUsd > 0.6 * seen.length);
    }
    // 64,000 tokens at $10 a million are $0.64 each, and the last one is cut to what was left.
    expect(seen.length).toBeLessThanOrEqual(8);
    expect((await usage()).costUsd).toBeGreaterThan(4.9);
    expect((await usage()).costUsd).toBeLessThanOrEqual(5);
  }));

/** A prompt of 100 tokens, 10 written to the cache and 1,000 read from it, at the prices of `MODEL`. */
const PROMPT_USD = 0.000325;
/** Answers and, after one that ends it, nothing more of this kind. */
const once = (first: Answer): Answer => {
  let isFirst = true;
  return (response, seen) => {
    const answer = isFirst ? first : answerWhole;
    isFirst = false;
    return answer(response, seen);
  };
};
const json =
  (status: number, body: unknown): Answer =>
  async (response) =>
    void response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
const refused = (type: string) => ({ type: "error", error: { type, message: "No." } });

test.for<[string, Answer]>([
  ["a connection that is cut", async (response) => void response.destroy()],
  ["a limit of its rate (429)", json(429, refused("rate_limit_error"))],
  ["an overload (529)", json(529, refused("overloaded_error"))],
  ["an error of the server (500)", json(500, refused("api_error"))],
  [
    "a page of a proxy",
    async (response) => void response.writeHead(200, { "content-type": "text/html" }).end("<p>"),
  ],
  [
    "an error event before the first word",
    async (response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.end(`event: error\ndata: ${JSON.stringify(refused("overloaded_error"))}\n\n`);
    },
  ],
])("%s is waited for, costs nothing, and the agent sees the answer alone", ([, answer]) =>
  withGateway({ answer: once(answer) }, async ({ post, usage, seen }) => {
    expect(await (await post(askStream)).text()).toBe(started + delta("hi") + finished);
    expect(seen).toHaveLength(2);
    await until(async () => (await usage()).outputTokens > 0);
    expect((await usage()).costUsd).toBeCloseTo(PROMPT_USD + 0.005, 8);
  }),
);

test.for<[string, Answer]>([
  [
    "breaks off in the middle",
    async (response) => {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.write(started + delta("half of a sen"), () => response.destroy());
    },
  ],
  [
    "ends without its totals",
    async (response) => void response.writeHead(200, { "content-type": "text/event-stream" }).end(started),
  ],
])("an answer that %s costs its prompt and what can have been said meanwhile", ([, answer]) =>
  withGateway({ answer }, async ({ post, usage }) => {
    const startedMs = performance.now();
    await expect((await post({ ...askStream, max_tokens: 64_000 })).text()).rejects.toThrow("terminated");
    await until(async () => (await usage()).costUsd > 0);
    // 500 tokens a second at $10 a million: a second is half a cent, where all of the answer is 64 cents.
    const mostUsd = PROMPT_USD + 0.000_005 * (performance.now() - startedMs + 10);
    expect((await usage()).costUsd).toBeGreaterThan(PROMPT_USD);
    expect((await usage()).costUsd).toBeLessThan(mostUsd);
  }),
);

test("a whole answer that never arrived may have been made: it costs all that it may", () =>
  withGateway({ answer: async (response) => void response.destroy() }, async ({ post, usage, seen }) => {
    expect((await post({ ...ask, max_tokens: 64_000 })).status).toBe(502);
    expect(seen).toHaveLength(1);
    await until(async () => (await usage()).costUsd > 0.6);
  }));

test("a model that is away costs nothing", () =>
  withGateway({ env: { LEO_UPSTREAM_URL: "http://127.0.0.1:9" } }, async ({ post, usage, state }) => {
    const aborting = new AbortController();
    const pending = post(askStream, { signal: aborting.signal });
    const now = await state(({ waiting }) => waiting !== undefined);
    expect(now).toMatchObject({
      waiting: { reason: "unreachable", detail: "the connection is refused" },
    });
    aborting.abort();
    await expect(pending).rejects.toThrow("aborted");
    expect(await state((after) => after.waiting === undefined)).toMatchObject({ faults: {} });
    expect((await usage()).costUsd).toBe(0);
  }));

test("more than eight calls at once are told to come again", () => {
  const waiting: ServerResponse[] = [];
  const answer: Answer = async (response) => void waiting.push(response);
  return withGateway({ answer }, async ({ post, seen }) => {
    const first = Array.from({ length: 8 }, () => post(ask));
    await until(() => waiting.length === 8);
    const ninth = await post(ask);
    expect(ninth.headers.get("retry-after")).toBe("1");
    expect(await errorOf(ninth)).toEqual({ status: 429, type: "rate_limit_error" });
    for (const response of waiting) {
      response.writeHead(200, { "content-type": "text/event-stream" });
      response.end(started + finished);
    }
    await Promise.all(first.map(async (response) => (await response).text()));
    expect(seen).toHaveLength(8);
  });
});

test("near its end the budget still pays for a shorter answer", () =>
  withGateway({ env: { LEO_BUDGET_USD: "0.1" } }, async ({ post, seen }) => {
    expect((await post({ ...ask, max_tokens: 32_000 })).status).toBe(200);
    const { max_tokens: forwarded } = JSON.parse(seen[0]?.body ?? "") as { max_tokens: number };
    expect(forwarded).toBeGreaterThan(2_000);
    expect(forwarded * 10).toBeLessThan(100_000);
  }));

const tool = { name: "Bash", description: "runs", input_schema: { type: "object" } };
const block = (content: unknown) => ({ ...ask, messages: [{ role: "user", content: [content] }] });
test.for<[string, unknown]>([
  ["fast mode", { ...ask, speed: "fast" }],
  ["a service tier", { ...ask, service_tier: "priority" }],
  ["an MCP server", { ...ask, mcp_servers: [{ type: "url", url: "https://a.example", name: "a" }] }],
  ["a container", { ...ask, container: "abc" }],
  ["another model as a fallback", { ...ask, fallbacks: [{ model: "claude-fable-5" }] }],
  ["a server tool", { ...ask, tools: [tool, { type: "web_search_20250305", name: "web_search" }] }],
  ["code execution", { ...ask, tools: [{ type: "code_execution_20260120", name: "code_execution" }] }],
  ["a summary by the model", { ...ask, context_management: { edits: [{ type: "compact_20260112" }] } }],
  ["a picture from elsewhere", block({ type: "image", source: { type: "url", url: "https://a.example" } })],
  ["a document", block({ type: "document", source: { type: "base64", data: "JVBERi0=" } })],
  [
    "a document in a tool's result",
    block({ type: "tool_result", tool_use_id: "a", content: [{ type: "document", source: {} }] }),
  ],
  ["an uploaded file", block({ type: "container_upload", file_id: "file_1" })],
  ["an answer of negative length", { ...ask, max_tokens: -1 }],
  ["an answer of half a token", { ...ask, max_tokens: 0.5 }],
  ["an answer without a limit", { model: MODEL, messages: ask.messages }],
  ["messages that are no list", { ...ask, messages: "hi" }],
])("%s reaches nobody", ([, body]) =>
  withGateway({}, async ({ post, seen, usage }) => {
    expect(await errorOf(await post(body))).toEqual({ status: 400, type: "invalid_request_error" });
    expect(seen).toEqual([]);
    expect((await usage()).costUsd).toBe(0);
  }),
);

test("the body that is forwarded is the one that was judged", () =>
  withGateway({}, async ({ post, seen }) => {
    // Of a key that stands twice, parsers take the first or the last.
    const body = `{"model":"claude-fable-5-1","model":"${MODEL}","max_tokens":100,"messages":[],"tools":[]}`;
    expect((await post(body)).status).toBe(200);
    expect(JSON.parse(seen[0]?.body ?? "")).toEqual({
      model: MODEL,
      max_tokens: 100,
      messages: [],
      tools: [],
    });
    expect(seen[0]?.body).not.toContain("fable");
  }));

const answered = (usage: Partial<TokenUsage>) =>
  ({ kind: "answered", usage: { ...NO_TOKENS, ...usage } }) as const;

test("a conversation that goes on is bounded by what was counted and by what is new", () => {
  const counts = new PromptCounts();
  const first = request("a".repeat(100_000));
  const next = { ...first, messages: [...first.messages, { role: "user", content: "b".repeat(50) }] };
  expect(counts.most(promptOf(first))).toBeGreaterThan(100_000);
  counts.learn(promptOf(first), 20_000);
  expect(counts.most(promptOf(next))).toBeGreaterThan(20_050);
  expect(counts.most(promptOf(next))).toBeLessThan(22_000);
});

test("the mark that moves with the cache does not hide what is known", () => {
  const counts = new PromptCounts();
  const marked = (mark: object) => ({
    ...request(""),
    messages: [{ role: "user", content: [{ type: "text" as const, text: "a".repeat(9_000), ...mark }] }],
  });
  counts.learn(promptOf(marked({ cache_control: { type: "ephemeral" } })), 2_000);
  expect(counts.most(promptOf(marked({})))).toBeLessThan(4_000);
});

test("text under the cache's key in a tool's input counts, in size and as a difference", () => {
  const counts = new PromptCounts();
  const using = (hidden: string) => ({
    ...request(""),
    messages: [
      {
        role: "assistant",
        content: [{ type: "tool_use" as const, name: "Bash", input: { cache_control: { type: hidden } } }],
      },
    ],
  });
  counts.learn(promptOf(using("short")), 100);
  expect(counts.most(promptOf(using("x".repeat(50_000))))).toBeGreaterThan(50_000);
});

test("an image counts by its area, not by its bytes; text that looks like one counts whole", () => {
  const counts = new PromptCounts();
  const data = "A".repeat(2_000_000);
  const image = { type: "image" as const, source: { type: "base64" as const, data } };
  const shown = { ...request(""), messages: [{ role: "user", content: [image] }] };
  expect(counts.most(promptOf(shown))).toBeLessThan(10_000);
  const lookalike = { type: "tool_use" as const, input: { type: "image", source: image.source } };
  const typed = { ...request(""), messages: [{ role: "assistant", content: [image, lookalike] }] };
  expect(counts.most(promptOf(typed))).toBeGreaterThan(2_000_000);
});

test("whatever is asked and however it ends, what is owed stays within the budget", () => {
  const call = fc.record({
    model: fc.constantFrom(...PRICED_MODELS),
    bytes: fc.nat(400_000),
    maxTokens: fc.integer({ min: 1, max: 64_000 }),
    share: fc.double({ min: 0, max: 1, noNaN: true }),
    end: fc.constantFrom("answered", "broken", "rejected", "open"),
  });
  fc.assert(
    fc.property(
      fc.array(call, { maxLength: 40 }),
      fc.double({ min: 0.01, max: 6, noNaN: true }),
      (calls, budget) => {
        const meter = new Meter(budget);
        let owedUsd = 0;
        for (const { model, bytes, maxTokens, share, end } of calls) {
          const asked = request("é".repeat(bytes / 2), { model, maxTokens });
          const reservation = meter.reserve(asked);
          if (!reservation) continue;
          // The truth lies anywhere up to a token per byte, written to the cache, and a whole answer.
          const cacheWriteTokens = Math.floor(Buffer.byteLength(JSON.stringify(asked)) * share);
          const usage = { ...NO_TOKENS, cacheWriteTokens, outputTokens: reservation.maxTokens };
          if (end !== "rejected") owedUsd += costUsd(model, usage);
          if (end === "answered") reservation.settle({ kind: "answered", usage });
          if (end === "broken") reservation.settle({ kind: "broken", usage: NO_TOKENS });
          if (end === "rejected") reservation.settle({ kind: "rejected" });
        }
        expect(owedUsd).toBeLessThanOrEqual(budget + 1e-9);
      },
    ),
    { numRuns: 60 },
  );
});

test("a call is settled once", () => {
  const meter = new Meter(5);
  const reservation = meter.reserve(request("hi"));
  reservation?.settle(answered({ inputTokens: 1_000_000 }));
  reservation?.settle(answered({ inputTokens: 1_000_000 }));
  expect(meter.usage()).toMatchObject({ inputTokens: 1_000_000, costUsd: 2 });
});
