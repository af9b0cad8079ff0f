import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { GetObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { expect, test } from "vitest";
import { Manifest } from "@leo/core/artifact.ts";
import { LIMITS } from "@leo/core/limits.ts";
import { CloseCode } from "@leo/core/protocol/close-code.ts";
import { STEADY_AFTER_MS } from "@leo/generator/socket/backoff.ts";
import { systemClock, type Clock } from "@leo/generator/socket/clock.ts";
import { withBucket } from "@leo/local/testing/bucket.ts";
import { until } from "@leo/local/testing/until.ts";
import { runScriptedGenerator, type ScriptedGeneratorOptions } from "../src/scripted-generator/run.ts";
import { parseScript, PRESETS, type ScriptInput } from "../src/scripted-generator/script.ts";
import { withOrchestrator, type TestOrchestrator } from "./support/orchestrator.ts";

const FAST: ScriptInput = { backoffMaxMs: 20 };

const start = (
  { url }: TestOrchestrator,
  script: ScriptInput = {},
  options: Partial<ScriptedGeneratorOptions> = {},
) => runScriptedGenerator({ url, token: "leo_at_test", script: { ...FAST, ...script }, ...options });

const numbersUpTo = (last: number) => Array.from({ length: last }, (_, index) => index + 1);
const numbersIn = (orchestrator: TestOrchestrator) => orchestrator.committed.map((message) => message.n);

test("a happy generator sends its messages in order and ends once the last is acknowledged", async () => {
  await withOrchestrator(async (orchestrator) => {
    const outcome = await start(orchestrator, { events: 500 }).outcome;
    expect(outcome).toEqual({
      end: "completed",
      exitCode: 0,
      messages: 501,
      acknowledged: 501,
      reconnects: 0,
    });
    expect(numbersIn(orchestrator)).toEqual(numbersUpTo(501));
    expect(orchestrator.committed.at(-1)).toEqual({ n: 501, type: "all_work_complete" });
    expect(orchestrator.ready).toMatchObject([{ started: false }]);
  });
});

test("no more messages wait unacknowledged than the outbox holds", async () => {
  await withOrchestrator(async (orchestrator) => {
    orchestrator.acknowledges = false;
    const generator = start(orchestrator, { events: 5_000 });
    await until("a full outbox", () => orchestrator.arrivals.length === LIMITS.outboxMax);
    orchestrator.acknowledges = true;
    orchestrator.send({ type: "ack", n: LIMITS.outboxMax });
    expect((await generator.outcome).messages).toBe(5_001);
    expect(numbersIn(orchestrator)).toEqual(numbersUpTo(5_001));
  });
});

test("the rate is kept by the clock", async () => {
  let nowMs = 0;
  const clock: Clock = {
    ...systemClock,
    nowMs: () => nowMs,
    after: (durationMs, act) => {
      // The deadline, the pings and the steady connection are far off; only the beats are played.
      if (durationMs < 1_000) {
        nowMs += durationMs;
        setImmediate(act);
      }
      return () => undefined;
    },
  };
  const limits = { deadlineAt: new Date(3_600_000).toISOString(), budgetUsd: 1, maxTurns: 1 };
  await withOrchestrator(
    async (orchestrator) => {
      await start(orchestrator, { events: 10, rate: 4 }, { clock }).outcome;
      expect(numbersIn(orchestrator)).toEqual(numbersUpTo(11));
    },
    { limits },
  );
  expect(nowMs).toBe(2_500);
});

test.for([1, 3, 20, 21])("cut right after message %i, everything arrives once and in order", async (cut) => {
  await withOrchestrator(async (orchestrator) => {
    const outcome = await start(orchestrator, { events: 20, cutAt: [cut] }).outcome;
    expect(outcome).toMatchObject({ end: "completed", messages: 21, reconnects: 1 });
    expect(numbersIn(orchestrator)).toEqual(numbersUpTo(21));
    expect(orchestrator.ready).toMatchObject([{ started: false }, { started: true }]);
  });
});

test("cut after every single message, nothing is lost or doubled", async () => {
  await withOrchestrator(async (orchestrator) => {
    const outcome = await start(orchestrator, { events: 15, cutEvery: 1 }).outcome;
    expect(outcome).toMatchObject({ end: "completed", messages: 16, reconnects: 16 });
    expect(numbersIn(orchestrator)).toEqual(numbersUpTo(16));
  });
});

test("messages that were sent but not acknowledged are sent again after a reconnect, and only those", async () => {
  await withOrchestrator(async (orchestrator) => {
    orchestrator.commitsUpTo = 6;
    const generator = start(orchestrator, { events: 10, ending: "hang" });
    await until("ten messages", () => orchestrator.arrivals.length === 10);
    orchestrator.commitsUpTo = 10;
    generator.cut();
    await until("the rest again", () => orchestrator.committed.length === 10);
    expect(orchestrator.arrivals.slice(10)).toEqual([7, 8, 9, 10]);
    generator.stop();
    await generator.outcome;
  });
});

test("resend-all sends everything again after each reconnect", async () => {
  await withOrchestrator(async (orchestrator) => {
    await start(orchestrator, { events: 10, resendAll: true, cutAt: [4] }).outcome;
    expect(orchestrator.arrivals.filter((n) => n === 1)).toHaveLength(2);
    expect(numbersIn(orchestrator)).toEqual(numbersUpTo(11));
  });
});

test("it works on while disconnected and delivers afterwards", async () => {
  await withOrchestrator(async (orchestrator) => {
    const script = { events: 30, rate: 200, offlineFrom: 5, offlineUntil: 25 };
    const outcome = await start(orchestrator, script).outcome;
    expect(outcome).toMatchObject({ end: "completed", reconnects: 1 });
    expect(numbersIn(orchestrator)).toEqual(numbersUpTo(31));
  });
});

test("a restarting orchestrator (1012) and one that is gone for a while are waited for, with jitter", async () => {
  await withOrchestrator(async (orchestrator) => {
    const waits: number[] = [];
    const clock: Clock = {
      nowMs: () => Date.now(),
      random: () => 0.5,
      after: (durationMs, act) => {
        const isWait = durationMs < 60_000 && ![STEADY_AFTER_MS, LIMITS.pingIntervalMs].includes(durationMs);
        if (!isWait) return () => undefined;
        waits.push(durationMs);
        if (waits.length === 5) orchestrator.refuseWith = undefined;
        setImmediate(act);
        return () => undefined;
      },
    };
    const script = { events: 3, ending: "hang" as const, backoffMaxMs: 30_000 };
    const generator = start(orchestrator, script, { clock });
    await until("three messages", () => orchestrator.committed.length === 3);
    orchestrator.refuseWith = 503;
    waits.length = 0;
    orchestrator.closeAll(CloseCode.restart);
    await until("it is back", () => orchestrator.ready.length === 2);
    expect(waits.slice(0, 5)).toEqual([750, 1_500, 3_000, 6_000, 12_000]);
    generator.stop();
    expect((await generator.outcome).end).toBe("stopped");
  });
});

test.for([
  [CloseCode.fenced, "fenced", 1],
  [CloseCode.finished, "finished", 0],
  [CloseCode.unauthenticated, "unauthenticated", 1],
  [CloseCode.protocol, "protocol", 1],
] as const)("close code %i ends it as %s", async ([code, end, exitCode]) => {
  await withOrchestrator(async (orchestrator) => {
    const generator = start(orchestrator, { ending: "hang" });
    await until("it works", () => orchestrator.committed.length > 0);
    orchestrator.closeAll(code);
    expect(await generator.outcome).toMatchObject({ end, exitCode });
    expect(orchestrator.ready).toHaveLength(1);
  });
});

test("a wrong token ends it without another try", async () => {
  await withOrchestrator(async (orchestrator) => {
    const generator = start(orchestrator, {}, { token: "leo_at_wrong" });
    expect(await generator.outcome).toMatchObject({ end: "unauthenticated", reconnects: 0 });
  });
});

test("cancel: it stops, says so and ends; a script may ignore it", async () => {
  await withOrchestrator(async (orchestrator) => {
    const generator = start(orchestrator, { events: 10_000, rate: 100 });
    await until("it works", () => orchestrator.committed.length > 0);
    orchestrator.send({ type: "cancel" });
    expect(await generator.outcome).toMatchObject({ end: "cancelled", exitCode: 0 });
    expect(orchestrator.committed.slice(-2)).toMatchObject([{ type: "log" }, { type: "all_work_complete" }]);
  });
  await withOrchestrator(async (orchestrator) => {
    const generator = start(orchestrator, { events: 30, rate: 200, ignoreCancel: true });
    await until("it works", () => orchestrator.committed.length > 0);
    orchestrator.send({ type: "cancel" });
    expect(await generator.outcome).toMatchObject({ end: "completed", messages: 31 });
  });
});

test("silent exits, failures and hangs end, or do not end, as the script says", async () => {
  await withOrchestrator(async (orchestrator) => {
    const outcome = await start(orchestrator, { events: 4, ending: "exit", exitCode: 7 }).outcome;
    expect(outcome).toMatchObject({ end: "exited", exitCode: 7, acknowledged: 4 });
    expect(orchestrator.committed.map((message) => message.type)).not.toContain("all_work_complete");
  });
  await withOrchestrator(async (orchestrator) => {
    await start(orchestrator, { events: 1, ending: "fail", failure: "verify_failed" }).outcome;
    expect(orchestrator.committed.slice(-2)).toMatchObject([
      { type: "error", failure: { code: "verify_failed" } },
      { type: "all_work_complete", failure: { code: "verify_failed" } },
    ]);
  });
  await withOrchestrator(async (orchestrator) => {
    const generator = start(orchestrator, { ready: false });
    await until("a connection", () => orchestrator.connections() === 1);
    generator.stop();
    await generator.outcome;
    expect(orchestrator.ready).toEqual([]);
  });
});

test("the deadline ends it, though nobody hears", async () => {
  const limits = { deadlineAt: new Date(Date.now() + 300).toISOString(), budgetUsd: 1, maxTurns: 1 };
  await withOrchestrator(
    async (orchestrator) => {
      const outcome = await start(orchestrator, { events: 1_000, rate: 10 }).outcome;
      expect(outcome).toMatchObject({ end: "deadline", exitCode: 1 });
    },
    { limits },
  );
});

test("a prompt may name the script", async () => {
  await withOrchestrator(
    async (orchestrator) => {
      const outcome = await start(orchestrator, {}, { obeyPrompt: true }).outcome;
      expect(outcome).toMatchObject({ end: "exited", exitCode: 3, messages: 2 });
    },
    { prompt: "a todo list\nscript: die events=2 exitCode=3" },
  );
});

test("a message from the user is heard", async () => {
  await withOrchestrator(async (orchestrator) => {
    const generator = start(orchestrator, { events: 1, ending: "hang" });
    await until("it works", () => orchestrator.committed.length === 1);
    orchestrator.send({ type: "user_message", messageId: "m1", text: "make it blue" });
    orchestrator.send({ type: "user_message", messageId: "m1", text: "make it blue" });
    await until("an answer", () => orchestrator.committed.length === 3);
    expect(orchestrator.committed.slice(1)).toMatchObject([
      { type: "user_message_taken", messageId: "m1" },
      { step: "turn_complete", text: "Heard: make it blue" },
    ]);
    generator.stop();
    await generator.outcome;
  });
});

test("it uploads a whole version with the generator's rights, and never over an older one", async () => {
  await withBucket(async ({ bucket, clientConfig, generatorEnv }) => {
    const prefix = "apps/01990000-0000-7000-8000-000000000002/01990000-0000-7000-8000-000000000001/1/";
    const credentials = {
      accessKeyId: generatorEnv.AWS_ACCESS_KEY_ID ?? "",
      secretAccessKey: generatorEnv.AWS_SECRET_ACCESS_KEY ?? "",
    };
    const s3 = new S3Client({ ...clientConfig, credentials });
    const reader = new S3Client(clientConfig);
    await withOrchestrator(
      async (orchestrator) => {
        const outcome = await start(orchestrator, { upload: true }, { s3 }).outcome;
        expect(outcome.end).toBe("completed");
        expect(orchestrator.committed.at(-2)).toMatchObject({ type: "artifact_uploaded", fileCount: 3 });
        const object = await reader.send(
          new GetObjectCommand({ Bucket: bucket, Key: `${prefix}manifest.json` }),
        );
        const manifest = Manifest.parse(JSON.parse((await object.Body?.transformToString()) ?? ""));
        expect(manifest.dist.map((file) => file.path)).toEqual(["index.html"]);
      },
      { artifact: { bucket, prefix } },
    );
    await withOrchestrator(
      async (orchestrator) => {
        await expect(start(orchestrator, { upload: true }, { s3 }).outcome).rejects.toThrow("pre-condition");
      },
      { artifact: { bucket, prefix } },
    );
  });
});

test("three hundred run in one process", async () => {
  await withOrchestrator(async (orchestrator) => {
    const outcomes = await Promise.all(
      Array.from({ length: 300 }, () => start(orchestrator, { events: 0, ending: "exit" }).outcome),
    );
    expect(outcomes.every((outcome) => outcome.end === "exited")).toBe(true);
    expect(orchestrator.ready).toHaveLength(300);
  });
});

test("as a process it reads its environment and ends with the script's code", async () => {
  const main = fileURLToPath(new URL("../src/scripted-generator/main.ts", import.meta.url));
  await withOrchestrator(async (orchestrator) => {
    const env = {
      PATH: process.env.PATH,
      LEO_GENERATOR_URL: orchestrator.url,
      LEO_ATTEMPT_TOKEN: "leo_at_test",
      LEO_SCRIPT: "die events=3 exitCode=9",
    };
    const ended = await new Promise<{ code: unknown; output: string }>((resolve) => {
      execFile(process.execPath, [main], { env }, (error, stdout) =>
        resolve({ code: error?.code, output: stdout }),
      );
    });
    expect(ended.code).toBe(9);
    expect(JSON.parse(ended.output)).toMatchObject({ end: "exited", exitCode: 9, messages: 3 });
    expect(ended.output).not.toContain("leo_at_");
    expect(numbersIn(orchestrator)).toEqual([1, 2, 3]);
  });
});

test("scripts are read from text; unknown names and settings are refused", () => {
  for (const name of Object.keys(PRESETS)) expect(parseScript(name)).toMatchObject(PRESETS[name as "happy"]);
  expect(parseScript("cut events=100 rate=2.5 upload=false cutAt=3")).toMatchObject({
    events: 100,
    rate: 2.5,
    upload: false,
    cutAt: [3],
  });
  expect(() => parseScript("no-such")).toThrow("no script “no-such”");
  expect(() => parseScript("happy evnts=3")).toThrow("evnts");
});
