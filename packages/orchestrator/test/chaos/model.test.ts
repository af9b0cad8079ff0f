/**
 * The model's side fails in every way that leo-mock knows, with everything else real: the state that people see,
 * the sentence, whose matter it is, what it costs, and that the run completes once the model is back.
 */
import { expect, test } from "vitest";
import type { AdminOverview } from "@leo/core/admin.ts";
import type { Event } from "@leo/core/event.ts";
import { FAILURES, type FailureCode } from "@leo/core/failure.ts";
import { isFinal, type Generation } from "@leo/core/generation.ts";
import { newId } from "@leo/core/id.ts";
import { WAITS } from "@leo/core/waiting.ts";
import { until } from "@leo/local/testing/until.ts";
import { MODEL_FAULT_NAMES } from "@leo/mock/model-server/scripts/model-faults.ts";
import { LONG, SCALE } from "./scale.ts";
import { createCaller, type Caller } from "../support/caller.ts";
import { withRealRuns, type RealLeo, type RealRunOptions } from "../support/real-runs.ts";

/** Within the run: what people read while it waits. */
const PASSING: Record<string, string> = {
  overloaded: "Claude is busy.",
  "overloaded-until=1s": "Claude is busy.",
  "rate-limit": "Claude's rate limit is reached.",
  "rate-limit-bare": "Claude's rate limit is reached.",
  "rate-limit-until=1s": "Claude's rate limit is reached.",
  "rate-limit-date=1s": "Claude's rate limit is reached.",
  "token-limit=1s": "Claude's rate limit is reached.",
  "server-error": "Claude returned an error.",
  "bad-gateway": "Something between Leo and Claude answered in Claude's place.",
  html: "Something between Leo and Claude answered in Claude's place.",
  "error-event": "Claude is busy.",
  "late-error-event": "Claude's answer broke off.",
  "dropped-stream": "Claude's answer broke off.",
  "truncated-stream": "Claude's answer broke off.",
  "silent-stream": "Claude's answer broke off.",
  "cut-connection": "Claude can't be reached.",
  "no-answer": "Claude doesn't answer.",
  stall: "Claude doesn't answer.",
};
/** These last until somebody says that the model is well again. */
const ENDLESS: Record<string, string> = {
  "overloaded-forever": "Claude is busy.",
  "rate-limit-forever": "Claude's rate limit is reached.",
};
/** The run waits in the queue until a time that the model's answer names, two hours from now. */
const TIMED: Record<string, FailureCode> = {
  "usage-limit": "model_limit",
  "spend-limit": "model_limit",
  "rate-limit-until=7200s": "model_limit",
  "overloaded-until=7200s": "model_unavailable",
};
/** Launches pause until the operator resumes them. */
const FOR_OPERATOR: Record<string, FailureCode> = {
  "empty-balance": "model_balance",
  "expired-token": "model_credential",
  "revoked-token": "model_credential",
  "unknown-model": "model_unknown",
  "wrong-address": "model_address",
  "proxy-login": "model_proxy",
};
/** The run fails, and leaves its draft. */
const FOR_USER: Record<string, FailureCode> = {
  "prompt-too-long": "request_too_large",
  "request-too-large": "request_too_large",
  refusal: "declined",
};

/** The short version has one of those that lead back to the queue; the generator's own tests have every fault. */
const some = <T>(faults: Record<string, T>): [string, T][] =>
  Object.entries(faults).slice(0, LONG ? Infinity : 1);

/** A test of the long version alone. */
const ofLong = (title: string) => (LONG ? [title] : []);

const QUICK: RealRunOptions = {
  environment: {
    LEO_CHROMIUM: "/nowhere",
    LEO_MODEL_RETRY_MIN_MS: "20",
    LEO_MODEL_RETRY_MAX_MS: "100",
    LEO_MODEL_WAIT_MAX_MS: "30000",
    GATEWAY_SILENT_MS: "1000",
  },
  settings: { LEO_WATCH_INTERVAL_MS: "100" },
};
const STEP_MS = 120_000;
/** A todo list costs some 12 cents. */
const RUN_MAX_USD = 0.2;
const RESET_MS = 2 * 3_600_000;
const MINUTE_MS = 60_000;

const run = (faults: Record<string, unknown>, times = "") =>
  `a todo list ${Object.keys(faults)
    .map((name) => `mock:${name}${name.includes("=") ? "" : times}`)
    .join(" ")}`;

const reaches = (who: Caller, id: string, what: string, isThere: (generation: Generation) => boolean) =>
  until(
    what,
    async () => {
      const generation = await who.generation(id);
      if (isFinal(generation.state) && !isThere(generation))
        throw new Error(`waited for ${what}: ${JSON.stringify(generation.failure ?? generation.state)}`);
      return isThere(generation) && generation;
    },
    STEP_MS,
  );
const completes = async (who: Caller, id: string) => {
  const generation = await reaches(who, id, "the version", ({ state }) => state === "completed");
  expect(generation.chargedUsd).toBeLessThan(RUN_MAX_USD);
  return generation;
};
const waits = (who: Caller, id: string, code: FailureCode) =>
  reaches(
    who,
    id,
    `waiting for ${code}`,
    ({ state, waiting }) => state === "queued" && waiting?.code === code,
  );
const statesOf = (events: Event[]) =>
  events.flatMap((event) => (event.type === "state_changed" ? event.state : []));
const toldOf = (events: Event[]) =>
  events.flatMap((event) =>
    event.type === "progress" && event.step === "rate_limited" ? (event.text ?? []) : [],
  );

const operatorOf = async (leo: RealLeo): Promise<Caller> => {
  const id = newId();
  const claims = { email: "op@example.com", app_metadata: { role: "admin" } };
  return createCaller(leo.orchestrator.url, id, await leo.sign(id, claims));
};

test("every fault of the model is one of these", () => {
  const all = [PASSING, ENDLESS, TIMED, FOR_OPERATOR, FOR_USER].flatMap((faults) => Object.keys(faults));
  const names = new Set(all.map((word) => word.split("=")[0]));
  expect(names).toEqual(new Set(MODEL_FAULT_NAMES));
});

test("what has a time is queued until then, at no cost, and goes on", { timeout: SCALE.timeoutMs }, () => {
  const clock = { aheadMs: 0 };
  return withRealRuns({ ...QUICK, clock }, async (leo) => {
    const runs: [Caller, string][] = [];
    for (const [name, code] of some(TIMED)) {
      const who = await leo.anotherUser();
      const { id } = await who.submit(run({ [name]: code }));
      runs.push([who, id]);
      const { waiting, chargedUsd } = await waits(who, id, code);
      expect([waiting?.message, chargedUsd]).toEqual([WAITS[code]?.message, 0]);
      const untilMs = Date.parse(waiting?.until ?? "") - Date.now();
      // The API names its time in whole seconds.
      expect(untilMs).toBeLessThanOrEqual(RESET_MS + 1_000);
      // The sentence about a spend limit has no seconds, and this machine may be slow.
      expect(untilMs).toBeGreaterThan(RESET_MS - 10 * MINUTE_MS);
    }
    leo.model.endFaults();
    clock.aheadMs += RESET_MS + MINUTE_MS;
    for (const [who, id] of runs) {
      expect((await completes(who, id)).attempt).toBe(2);
      expect(statesOf(await who.events(id)).filter((state) => state === "queued")).toHaveLength(2);
    }
  });
});

test.for(some(FOR_OPERATOR))(
  "%s pauses launches until the operator resumes them",
  { timeout: SCALE.timeoutMs },
  ([name, code]) =>
    withRealRuns(QUICK, async (leo) => {
      const operator = await operatorOf(leo);
      const modelFault = async () => {
        const overview = (await (
          await operator.request("GET", "/api/admin/overview")
        ).json()) as AdminOverview;
        return overview.platform.modelFault;
      };
      const { id } = await leo.submit(run({ [name]: code }));
      const { waiting, chargedUsd } = await waits(leo, id, code);
      expect([waiting?.message, chargedUsd]).toEqual([WAITS[code]?.onThisComputer, 0]);
      expect(FAILURES[code].owner).toBe("operator");
      expect(await modelFault()).toMatchObject({ code, message: FAILURES[code].message });
      const other = await leo.anotherUser();
      const next = await other.submit();
      expect(await waits(other, next.id, code)).toMatchObject({ attempt: 0, chargedUsd: 0 });
      leo.model.endFaults();
      const answer = await operator.request("PUT", "/api/admin/launches", { paused: false });
      expect(answer.status).toBe(200);
      expect((await completes(leo, id)).attempt).toBe(2);
      await reaches(other, next.id, "its start", ({ attempt }) => attempt > 0);
      expect(await modelFault()).toBeUndefined();
    }),
);

test.for(ofLong("what passes by itself is waited for within the run"))(
  "%s",
  { timeout: SCALE.timeoutMs },
  () =>
    withRealRuns(QUICK, async (leo) => {
      const { id } = await leo.submit(run(PASSING, "=1"));
      const done = await completes(leo, id);
      expect(done.chargedUsd).toBe(done.costUsd);
      const events = await leo.events(id);
      expect(statesOf(events)).toEqual(["queued", "starting", "running", "publishing", "completed"]);
      expect(new Set(toldOf(events))).toEqual(new Set(Object.values(PASSING)));
    }),
);

test.for(ofLong("what has no end is waited for until the model is back"))(
  "%s",
  { timeout: SCALE.timeoutMs },
  () =>
    withRealRuns(QUICK, async (leo) => {
      const runs: [string, string][] = [];
      for (const [name, sentence] of Object.entries(ENDLESS)) {
        const { id } = await leo.submit(run({ [name]: sentence }));
        runs.push([id, sentence]);
        await until(`"${sentence}"`, async () => toldOf(await leo.events(id)).includes(sentence), STEP_MS);
        expect((await leo.generation(id)).state).toBe("running");
      }
      leo.model.endFaults();
      for (const [id, sentence] of runs) {
        await completes(leo, id);
        expect(new Set(toldOf(await leo.events(id)))).toEqual(new Set([sentence]));
      }
    }),
);

test.for(ofLong("what is for the user ends the run, and Try again completes it"))(
  "%s",
  { timeout: SCALE.timeoutMs },
  () =>
    withRealRuns(QUICK, async (leo) => {
      const runs: string[] = [];
      for (const [name, code] of Object.entries(FOR_USER)) {
        const { id } = await leo.submit(run({ [name]: code }));
        const failed = await reaches(leo, id, code, ({ state }) => state === "failed");
        expect(failed).toMatchObject({ failure: { code, message: FAILURES[code].message }, attempt: 1 });
        expect([FAILURES[code].owner, failed.chargedUsd]).toEqual(["user", failed.costUsd]);
        runs.push(id);
      }
      leo.model.endFaults();
      for (const id of runs) {
        const again = await leo.request("POST", `/api/generations/${id}/retry`);
        await completes(leo, ((await again.json()) as Generation).id);
      }
    }),
);
