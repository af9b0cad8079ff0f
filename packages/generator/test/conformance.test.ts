/** What every generator must do on `/ws/generator`: the real one and the scripted one that stands in for it in load tests. */
import { expect, test } from "vitest";
import { newId } from "@leo/core/id.ts";
import { CloseCode } from "@leo/core/protocol/close-code.ts";
import type { StartGeneration } from "@leo/core/protocol/generator.ts";
import { runScriptedGenerator } from "@leo/mock/scripted-generator/run.ts";
import { withGeneration } from "./support/generation.ts";
import { startOrchestrator, type TestOrchestrator } from "./support/orchestrator.ts";
import { until } from "./support/until.ts";

interface Subject {
  orchestrator: TestOrchestrator;
  /** Settles when the generator has ended by itself. */
  ended: Promise<unknown>;
}

type Generator = (run: (subject: Subject) => Promise<void>) => Promise<void>;

const real: Generator = (run) =>
  withGeneration(
    { prompt: "a todo list mock:slow", model: { slowMs: 200 }, env: { LEO_CHROMIUM: "/nowhere" } },
    ({ orchestrator, generator }) => run({ orchestrator, ended: generator.exited }),
  );

const start: StartGeneration = {
  type: "start_generation",
  generationId: newId(),
  appId: newId(),
  appName: "Test app",
  attempt: 1,
  prompt: "a todo list",
  mode: "autonomous",
  limits: { deadlineAt: new Date(Date.now() + 600_000).toISOString(), budgetUsd: 1, maxTurns: 10 },
  artifact: { bucket: "none", prefix: "apps/none/" },
};

const scripted: Generator = async (run) => {
  const orchestrator = await startOrchestrator(start);
  const generator = runScriptedGenerator({
    url: orchestrator.url,
    token: "leo_at_test",
    script: { events: 60, rate: 60, backoffMaxMs: 20 },
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

for (const [name, generator] of Object.entries({ real, scripted })) {
  // The orchestrator of these tests refuses a first frame that is not `ready`, a gap and a frame over 1 MiB.
  test(`${name}: ready comes first, numbers have no gap, all_work_complete is last`, () =>
    generator(async ({ orchestrator, ended }) => {
      await ended;
      const { facts, readies, authorizations, frames } = orchestrator;
      expect(authorizations[0]).toMatch(/^Bearer leo_at_/);
      expect(typeOf(frames[0])).toBe("ready");
      expect(readies).toEqual([false]);
      expect(facts.map(({ n }) => n)).toEqual(facts.map((_, index) => index + 1));
      expect(facts.filter(({ type }) => type === "all_work_complete")).toHaveLength(1);
      expect(facts.at(-1)).toMatchObject({ type: "all_work_complete" });
      expect(facts.at(-1)).not.toHaveProperty("failure");
    }));

  test(`${name}: after a restart of the orchestrator and a broken wire every fact arrives once`, () =>
    generator(async ({ orchestrator, ended }) => {
      const more = async () => {
        const known = orchestrator.facts.length;
        await until(() => orchestrator.facts.length > known);
      };
      await more();
      orchestrator.acknowledge(false);
      await more();
      orchestrator.acknowledge(true);
      orchestrator.disconnect(CloseCode.restart);
      await until(() => orchestrator.readies.length === 2);
      await more();
      orchestrator.disconnect();
      await ended;
      expect(orchestrator.readies).toEqual([false, true, true]);
      expect(orchestrator.facts.at(-1)?.type).toBe("all_work_complete");
    }));

  test(`${name}: it lives until its last message is acknowledged`, () =>
    generator(async ({ orchestrator, ended }) => {
      await until(() => orchestrator.facts.length > 5);
      orchestrator.acknowledge(false);
      const { n } = await orchestrator.fact("all_work_complete");
      expect(await hasEnded(ended)).toBe(false);
      orchestrator.send({ type: "ack", n: n - 1 });
      expect(await hasEnded(ended)).toBe(false);
      orchestrator.send({ type: "ack", n });
      await ended;
      expect(orchestrator.readies).toEqual([false]);
    }));

  test(`${name}: a request that the user adds is taken once, however often it is sent`, () =>
    generator(async ({ orchestrator, ended }) => {
      await until(() => orchestrator.facts.length > 5);
      const message = { type: "user_message", messageId: "m1", text: "make it green" } as const;
      orchestrator.send(message);
      orchestrator.send(message);
      await ended;
      const taken = orchestrator.facts.filter(({ type }) => type === "user_message_taken");
      expect(taken).toMatchObject([{ messageId: "m1" }]);
    }));

  test(`${name}: a cancel is answered by all_work_complete`, () =>
    generator(async ({ orchestrator, ended }) => {
      await until(() => orchestrator.facts.length > 5);
      orchestrator.send({ type: "cancel" });
      await ended;
      expect(orchestrator.facts.at(-1)?.type).toBe("all_work_complete");
    }));

  test(`${name}: a fenced generator says no more word`, () =>
    generator(async ({ orchestrator, ended }) => {
      await until(() => orchestrator.facts.length > 5);
      orchestrator.disconnect(CloseCode.fenced);
      await ended;
      expect(orchestrator.readies).toEqual([false]);
      expect(orchestrator.facts.map(({ type }) => type)).not.toContain("all_work_complete");
    }));
}
