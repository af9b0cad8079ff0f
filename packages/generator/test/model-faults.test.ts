/**
 * Every way in which a model fails, with the real harness: what passes is waited for, of whatever kind and
 * however often; what lasts ends the run at once, with a code, an owner, and the time when it can go on.
 */
import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { FAILURES, type FailureCode } from "@leo/core/failure.ts";
import type { NumberedMessage } from "@leo/core/protocol/generator.ts";
import { withBucket } from "@leo/local/testing/bucket.ts";
import { makeCertificate } from "@leo/local/testing/certificate.ts";
import { withGeneration, type TestGenerationOptions } from "./support/generation.ts";
import { presign } from "./support/previous.ts";

/** Short pauses. The kinds of wait are the same. */
const QUICK = {
  LEO_MODEL_RETRY_MIN_MS: "20",
  LEO_MODEL_RETRY_MAX_MS: "100",
  LEO_MODEL_WAIT_MAX_MS: "5000",
  GATEWAY_SILENT_MS: "300",
};

const todo = (words: string, options: TestGenerationOptions = {}): TestGenerationOptions => ({
  prompt: `a todo list ${words}`,
  generatorProcess: false,
  ...options,
  env: { LEO_CHROMIUM: "/nowhere", ...options.env },
  driverEnv: { ...QUICK, ...options.driverEnv },
});

const waits = (facts: NumberedMessage[]) =>
  facts.flatMap((fact) => (fact.type === "progress" && fact.step === "rate_limited" ? [fact] : []));
const costUsd = (facts: NumberedMessage[]) => facts.findLast((fact) => fact.type === "usage")?.costUsd ?? 0;
/** A todo list costs some 12 cents; each refusal that were charged would add a prompt. */
const TODO_MAX_USD = 0.13;

test("what passes before an answer begins is waited for: each kind ten times, without any charge", () =>
  withGeneration(
    todo(
      "mock:overloaded=10 mock:server-error=10 mock:bad-gateway=10 mock:html=10 mock:error-event=10 mock:rate-limit-bare=10 mock:cut-connection=10 mock:no-answer=10 mock:stall=10",
      // Shorter than what is waited for: while the agent waits for the model, its silence is not its own.
      { env: { LEO_AGENT_SILENT_MS: "4000" } },
    ),
    async ({ orchestrator, finished, manifest }) => {
      expect((await finished()).failure).toBeUndefined();
      expect((await manifest()).partial).not.toBe(true);
      const { facts } = orchestrator;
      const told = waits(facts);
      expect(new Set(told.map(({ text }) => text))).toEqual(
        new Set([
          "Claude is busy.",
          "Claude returned an error.",
          "Something between Leo and Claude answered in Claude's place.",
          "Claude's rate limit is reached.",
          "Claude can't be reached.",
          "Claude isn't answering.",
        ]),
      );
      expect(told.every(({ retryAt }) => retryAt !== undefined)).toBe(true);
      expect(facts.filter(({ type }) => type === "error" || type === "log")).toEqual([]);
      expect(costUsd(facts)).toBeLessThan(TODO_MAX_USD);
    },
  ));

test("a time that is near is waited for, and then the model is asked once", () =>
  withGeneration(
    todo(
      "mock:rate-limit-until=1s mock:rate-limit-date=1s mock:token-limit=1s mock:usage-limit=1s mock:overloaded-until=1s",
    ),
    async ({ orchestrator, finished }) => {
      expect((await finished()).failure).toBeUndefined();
      const limited = "Claude's rate limit is reached.";
      expect(waits(orchestrator.facts).map(({ text }) => text)).toEqual([
        limited,
        limited,
        limited,
        limited,
        "Claude is busy.",
      ]);
    },
  ));

test("an answer that breaks off is said anew, and what it had said is taken back", () =>
  withGeneration(
    todo("mock:dropped-stream=1 mock:late-error-event=1 mock:truncated-stream=1 mock:silent-stream=1"),
    async ({ orchestrator, finished }) => {
      expect((await finished()).failure).toBeUndefined();
      const { facts } = orchestrator;
      const texts = facts.flatMap((fact) => (fact.type === "agent_text" ? [fact] : []));
      const taken = texts.filter(({ brokenOff }) => brokenOff).map(({ blockId }) => blockId);
      // What is said last before a connection is cut may never arrive.
      expect(taken.length).toBeGreaterThanOrEqual(3);
      const blocks = [...new Set(texts.map(({ blockId }) => blockId))].filter((id) => !taken.includes(id));
      const said = blocks.map((id) =>
        texts.flatMap((piece) => (piece.blockId === id ? piece.text : [])).join(""),
      );
      expect(new Set(said).size).toBe(said.length);
      expect(said).toContainEqual(expect.stringMatching(/^The frame comes first: .* survives a reload\.$/));
      expect(waits(facts).map(({ text }) => text)).toContain("Claude's answer broke off.");
    },
  ));

test("a model whose answers break off until the harness gives up is asked again in the same session", () =>
  withGeneration(todo("mock:dropped-stream=6"), async ({ orchestrator, finished, model }) => {
    expect((await finished()).failure).toBeUndefined();
    expect(JSON.stringify(model.requests.at(-1)?.body)).toContain("Your answer broke off");
    // An outage does not use up the budget: what was cut costs its prompt and the little it can have said.
    expect(costUsd(orchestrator.facts)).toBeLessThan(3 * TODO_MAX_USD);
  }));

test.for<[behaviour: string, code: FailureCode, owner: string]>([
  ["expired-token", "model_credential", "operator"],
  ["revoked-token", "model_credential", "operator"],
  ["empty-balance", "model_balance", "operator"],
  ["unknown-model", "model_unknown", "operator"],
  ["wrong-address", "model_address", "operator"],
  ["proxy-login", "model_proxy", "operator"],
  ["usage-limit", "model_limit", "operator"],
  ["spend-limit", "model_limit", "operator"],
  ["rate-limit-until=3600s", "model_limit", "operator"],
  ["overloaded-until=3600s", "model_unavailable", "nobody"],
  ["prompt-too-long", "request_too_large", "user"],
  ["request-too-large", "request_too_large", "user"],
  ["refusal", "declined", "user"],
])("%s ends the run as %s, which is for the %s, and keeps what there is", ([behaviour, code, owner]) =>
  withGeneration(todo(`mock:${behaviour}`), async ({ orchestrator, finished, manifest, model }) => {
    expect((await finished()).failure).toBe(code);
    expect(FAILURES[code].owner).toBe(owner);
    const { facts } = orchestrator;
    const errors = facts.flatMap((fact) => (fact.type === "error" ? [fact.failure] : []));
    expect(errors).toEqual([expect.objectContaining({ code, message: FAILURES[code].message })]);
    const { retryAt } = await orchestrator.fact("all_work_complete");
    const hasTime = /limit|until/.test(behaviour);
    if (hasTime) expect(Date.parse(retryAt ?? "") - Date.now()).toBeGreaterThan(3_000_000);
    else expect(retryAt).toBeUndefined();
    const { partial, checkpoint } = await manifest();
    expect([partial, checkpoint?.key]).toEqual([true, expect.stringContaining("checkpoint/")]);
    // The harness's own advice is about another product.
    const said = facts.map((fact) => (fact.type === "agent_text" ? fact.text : "")).join("");
    expect(said).not.toMatch(/API Error|Claude Code|\/model|\/login|Credit balance/);
    expect(waits(facts)).toEqual([]);
    expect(model.requests.length).toBeLessThan(8);
    expect(costUsd(facts)).toBeLessThan(0.05);
  }),
);

test("a certificate that nobody here trusts ends the run at once, and the operator reads what to do", () =>
  withGeneration(
    todo("", { model: { certificate: makeCertificate("localhost") } }),
    async ({ orchestrator, finished }) => {
      expect((await finished()).failure).toBe("model_certificate");
      const error = await orchestrator.fact("error");
      expect(error.failure.detail).toMatch(/^Leo doesn't trust 127\.0\.0\.1:\d+: .*NODE_EXTRA_CA_CERTS/);
      expect(waits(orchestrator.facts)).toEqual([]);
    },
  ));

test("a run whose limit has reset goes on from where it was", () =>
  withBucket(async (bucket) => {
    let previous: TestGenerationOptions["previous"];
    const limit = { LEO_MODEL_WAIT_MAX_MS: "500" };
    await withGeneration(todo("mock:usage-limit=3s", { bucket, driverEnv: limit }), async (first) => {
      expect((await first.finished()).failure).toBe("model_limit");
      const { retryAt } = await first.orchestrator.fact("all_work_complete");
      const { checkpoint } = await first.manifest();
      previous = {
        generationId: first.start.generationId,
        kind: "checkpoint",
        checkpointUrl: await presign(bucket, checkpoint?.key ?? ""),
        sessionId: checkpoint?.sessionId,
      };
      await delay(Date.parse(retryAt ?? "") - Date.now());
    });
    await withGeneration(todo("", { bucket, previous }), async (second) => {
      expect((await second.finished()).failure).toBeUndefined();
      // The session is the same: the model is reminded of what it had read.
      expect(JSON.stringify(second.model.requests[0]?.body)).toContain("First a look at what is there");
    });
  }));

test("a model that is still away at the deadline is nobody's error", () =>
  withGeneration(
    todo("mock:overloaded-forever", { limits: { deadlineAt: new Date(Date.now() + 8_000).toISOString() } }),
    async ({ finished, manifest }) => {
      expect((await finished()).failure).toBe("model_unavailable");
      expect((await manifest()).partial).toBe(true);
    },
  ));
