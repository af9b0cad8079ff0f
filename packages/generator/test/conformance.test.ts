/** What every generator must do on `/ws/generator`: the real one and the scripted one that stands in for it in load tests. */
import { join } from "node:path";
import { expect, test } from "vitest";
import { CloseCode } from "@leo/core/protocol/close-code.ts";
import { runScriptedGenerator } from "@leo/mock/scripted-generator/run.ts";
import { findFamily } from "../src/process/family.ts";
import { withGeneration, type TestGeneration } from "./support/generation.ts";
import { startOrchestrator, type TestOrchestrator } from "./support/orchestrator.ts";
import { until } from "./support/until.ts";
import { newStart } from "./support/start.ts";

interface Subject {
  orchestrator: TestOrchestrator;
  /** Settles when the generator has ended by itself. */
  ended: Promise<unknown>;
}

const HOUR_MS = 3_600_000;
const start = newStart({
  limits: { deadlineAt: new Date(Date.now() + HOUR_MS).toISOString(), budgetUsd: 1, maxTurns: 10 },
});

const scripted = async (run: (subject: Subject) => Promise<void>) => {
  const orchestrator = await startOrchestrator(start);
  const generator = runScriptedGenerator({
    url: orchestrator.url,
    token: "leo_at_test",
    script: { events: 300, rate: 100, backoffMaxMs: 20 },
  });
  try {
    await run({ orchestrator, ended: generator.outcome });
  } finally {
    generator.stop();
    await orchestrator.close();
  }
};

const typeOf = (frame: string | undefined) => (JSON.parse(frame ?? "{}") as { type?: string }).type;
const hasEnded = (ended: Promise<unknown>) =>
  Promise.race([
    ended.then(() => true),
    new Promise<boolean>((resolve) => setImmediate(() => resolve(false))),
  ]);
const ADDED = { type: "user_message", messageId: "m1", text: "make the accent colour green" } as const;

interface Rule {
  name: string;
  expectKept: (subject: Subject) => Promise<void>;
  /** How long the real one's model is silent before each answer. */
  slowMs: number;
  /** What the real one does besides. */
  expectBesides: (generation: TestGeneration) => Promise<void>;
}

// The orchestrator of these tests refuses a first frame that is not `ready`, a gap and a frame over 1 MiB.
const RULES: Rule[] = [
  {
    name: "over a restart of the orchestrator and a broken wire every fact and request arrives once, and it lives until its last message is acknowledged",
    slowMs: 300,
    expectKept: async ({ orchestrator, ended }) => {
      const more = async () => {
        const known = orchestrator.facts.length;
        await until(() => orchestrator.facts.length > known);
      };
      orchestrator.holdLast();
      await until(() => orchestrator.facts.length > 5);
      orchestrator.send(ADDED);
      orchestrator.acknowledge(false);
      await more();
      orchestrator.acknowledge(true);
      orchestrator.disconnect(CloseCode.restart);
      await until(() => orchestrator.readies.length === 2);
      orchestrator.send(ADDED);
      await more();
      orchestrator.disconnect();
      await until(() => orchestrator.readies.length === 3);
      const { n } = await orchestrator.fact("all_work_complete");
      expect(await hasEnded(ended)).toBe(false);
      orchestrator.send({ type: "ack", n: n - 1 });
      expect(await hasEnded(ended)).toBe(false);
      orchestrator.send({ type: "ack", n });
      await ended;

      const { facts, readies, authorizations, frames } = orchestrator;
      expect(authorizations[0]).toMatch(/^Bearer leo_at_/);
      expect(typeOf(frames[0])).toBe("ready");
      expect(readies).toEqual([false, true, true]);
      expect(facts.map((fact) => fact.n)).toEqual(facts.map((_, index) => index + 1));
      expect(facts.filter(({ type }) => type === "user_message_taken")).toMatchObject([{ messageId: "m1" }]);
      expect(facts.filter(({ type }) => type === "all_work_complete")).toHaveLength(1);
      expect(facts.at(-1)).toMatchObject({ type: "all_work_complete" });
      expect(facts.at(-1)).not.toHaveProperty("failure");
    },
    expectBesides: async ({ orchestrator, model }) => {
      // What came while the agent worked is answered after its turn.
      const turns = orchestrator.facts.filter(
        (fact) => fact.type === "progress" && fact.step === "turn_complete",
      );
      expect(turns).toHaveLength(2);
      expect(orchestrator.facts.filter(({ type }) => type === "verified")).toHaveLength(1);
      const last = model.requests.at(-1)?.body as { messages: unknown[] };
      expect(JSON.stringify(last.messages).split(ADDED.text)).toHaveLength(2);
    },
  },
  {
    name: "a cancel is answered by all_work_complete",
    slowMs: 2_000,
    expectKept: async ({ orchestrator, ended }) => {
      await orchestrator.fact("file_changed");
      const cancelledMs = performance.now();
      orchestrator.send({ type: "cancel" });
      await ended;
      expect(performance.now() - cancelledMs).toBeLessThan(10_000);
      expect(orchestrator.facts.at(-1)?.type).toBe("all_work_complete");
    },
    expectBesides: async ({ finished, manifest }) => {
      expect(await finished()).toEqual({ failure: "interrupted", exitCode: 0 });
      expect((await manifest()).partial).toBe(true);
    },
  },
  {
    name: "a fenced generator says no more word",
    slowMs: 2_000,
    expectKept: async ({ orchestrator, ended }) => {
      await orchestrator.fact("file_changed");
      orchestrator.disconnect(CloseCode.fenced);
      await ended;
      expect(orchestrator.readies).toEqual([false]);
      expect(orchestrator.facts.map(({ type }) => type)).not.toContain("all_work_complete");
    },
    expectBesides: async ({ generator, keys, root }) => {
      expect(await generator.exited).toBe(0);
      expect(await keys()).toEqual([]);
      expect(await findFamily(join(root, "home"))).toEqual([]);
    },
  },
];

for (const { name, expectKept, slowMs, expectBesides } of RULES) {
  test(`scripted: ${name}`, () => scripted((subject) => expectKept(subject)));

  test(`real: ${name}`, () =>
    withGeneration(
      {
        prompt: "a todo list mock:slow",
        model: { slowMs },
        env: { LEO_CHROMIUM: "/nowhere" },
        generatorProcess: false,
      },
      async (generation) => {
        const { orchestrator, generator } = generation;
        await expectKept({ orchestrator, ended: generator.exited });
        await expectBesides(generation);
      },
    ));
}
