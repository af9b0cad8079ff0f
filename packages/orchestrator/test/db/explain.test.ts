/**
 * Every query of the hot paths uses an index: on a filled database each of them runs, and the plans
 * that PostgreSQL really used are looked at. Nothing may read a big table from end to end.
 */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { newId } from "@leo/core/id.ts";
import type { NumberedMessage } from "@leo/core/protocol/generator.ts";
import type { TaskClient } from "../../src/task/client.ts";
import { userContext } from "../../src/app-context.ts";
import { listApps } from "../../src/app/app.ts";
import { viewAppDetail, viewAppList } from "../../src/generation/app-view.ts";
import { readEventPage } from "../../src/generation/event-page.ts";
import { readGeneration } from "../../src/generation/view.ts";
import { purgeDeletedApps, purgeExpired } from "../../src/generation/purge.ts";
import { submitApp } from "../../src/generation/submit.ts";
import { usageOf } from "../../src/account/usage.ts";
import { Committer } from "../../src/events/committer.ts";
import { readEvents, readHeads } from "../../src/events/replay.ts";
import { reconcile, takeOver } from "../../src/task/reconciliation.ts";
import { takeUserMessages } from "../../src/generation/messages.ts";
import { transition } from "../../src/generation/transition.ts";
import { stopOverdue } from "../../src/task/watches.ts";
import { claim } from "../../src/generation/claim.ts";
import { queuePositions } from "../../src/generation/queue-position.ts";
import { findWork, recordHeard } from "../../src/sockets/generator-work.ts";
import { readLoad } from "../../src/metrics/load.ts";
import { withContext, type TestContext } from "../support/context.ts";
import { fill, FILLED, OWNER_ID, QUEUED_ID, REPLAYED_ID, RUNNING_ID } from "../support/filled.ts";
import { nodesOf, rowsTouched, withPlans, type Explained, type PlanMode } from "../support/plans.ts";

const BIG = new Set(["apps", "generations", "attempts", "events", "user_messages", "ledger"]);
/** All that waits or runs may be read, a page of events, a user's own; a hundredth of the tables is more. */
const ROWS_MAX = 600;
const RUNNING_ATTEMPT_ID = RUNNING_ID.replace("00000003", "00000004");

/** An ECS that has no task: the queries of the watches and of reconciliation are what counts. */
const noTasks: TaskClient = {
  run: async () => ({ kind: "fatal", detail: "not asked here" }),
  stop: async () => undefined,
  describe: async () => [],
  findByAttempt: async () => undefined,
  listRunning: async () => [],
  close: () => undefined,
};

const log = (n: number): NumberedMessage => ({ n, type: "log", level: "info", text: "line" });

const append = async ({ database, log: logger, now }: TestContext) => {
  const committer = new Committer({
    pool: database.pool,
    log: logger,
    now,
    origin: "test",
    limits: { maxEvents: 100_000, maxBytes: 1_000_000 },
    onCommitted: () => undefined,
  });
  expect(await committer.commit(RUNNING_ATTEMPT_ID, [log(2), log(3)])).toBe("stored");
};

type Run = (context: TestContext) => Promise<unknown>;
/** What the API does runs as its user, under row-level security. */
const asOwner = (context: TestContext) => userContext(context, OWNER_ID);

const HOT: Record<string, Run> = {
  claim: (context) => claim(context, 5),
  positions: (context) => queuePositions(context, OWNER_ID),
  submit: (context) => submitApp(asOwner(context), newId(), { prompt: "notes" }),
  transition: (context) => transition(context, RUNNING_ID, { type: "cancel_requested" }),
  append,
  replay: ({ database }) => readEvents(database.pool, REPLAYED_ID, 2_000, 500),
  "hub poll": ({ database }) => readHeads(database.pool, [REPLAYED_ID, QUEUED_ID, RUNNING_ID]),
  "generator's admission": ({ database }) => findWork(database, { tokenHash: "token-1" }),
  sweep: ({ database, now }) => recordHeard(database, [RUNNING_ATTEMPT_ID], now()),
  "user messages": ({ database }) => takeUserMessages(database.orm, RUNNING_ID, 1, true),
  watches: (context) => stopOverdue(context, noTasks, context.now()),
  reconcile: (context) => reconcile(context, noTasks),
  "take-over": (context) => takeOver(context, () => undefined),
  "purge of deleted apps": purgeDeletedApps,
  "purge of old events": purgeExpired,
  "list of apps": async (context) => {
    const { nextCursor = "" } = await viewAppList(asOwner(context), { limit: 20 });
    await viewAppList(asOwner(context), { limit: 20, cursor: nextCursor });
  },
  "one app and its versions": async (context) => {
    const [app] = (await listApps(asOwner(context), { limit: 1 })).rows;
    await viewAppDetail(asOwner(context), app?.id ?? "");
  },
  "one generation": (context) => readGeneration(asOwner(context), REPLAYED_ID),
  "a user's replay": (context) => readEventPage(asOwner(context), REPLAYED_ID, { since: 2_000, limit: 500 }),
  usage: (context) => usageOf(asOwner(context)),
  metrics: readLoad,
};

const fullReads = (plans: Explained[]) =>
  plans.flatMap(({ "Query Text": query, Plan }) =>
    nodesOf(Plan)
      .filter((node) => BIG.has(node["Relation Name"] ?? ""))
      .filter((node) => node["Node Type"] === "Seq Scan" || rowsTouched(node) > ROWS_MAX)
      .map((node) => ({
        node: node["Node Type"],
        table: node["Relation Name"],
        index: node["Index Name"],
        rows: rowsTouched(node),
        query,
      })),
  );

let context: TestContext;
let release = () => {};
let ended: Promise<void>;

beforeAll(
  () =>
    new Promise<void>((ready, failed) => {
      ended = withContext(
        { LEO_VCPU_BUDGET: "10000", LEO_PLATFORM_DAY_BUDGET_USD: "50000" },
        async (filled) => {
          context = filled;
          await fill(filled.config.DATABASE_URL);
          ready();
          await new Promise<void>((resolve) => (release = resolve));
        },
      );
      ended.catch(failed);
    }),
);
afterAll(async () => {
  release();
  await ended;
});

describe.each<PlanMode>(["force_custom_plan", "force_generic_plan"])("with %s", (mode) => {
  test.each(Object.entries(HOT))("%s reads no big table from end to end", async (_name, run) => {
    await withPlans(context.config.DATABASE_URL, mode, async (database, plans) => {
      await run({ ...context, database });
      const looked = plans.flatMap(({ Plan }) => nodesOf(Plan)).map((node) => node["Relation Name"] ?? "");
      expect(looked.some((table) => BIG.has(table))).toBe(true);
      expect(fullReads(plans)).toEqual([]);
    });
  });
});

test("a query that does read a table from end to end is found out", async () => {
  await withPlans(context.config.DATABASE_URL, "force_custom_plan", async (database, plans) => {
    await database.pool.query("select count(*) from leo.generations where prompt like '%x%'");
    expect(fullReads(plans)).toMatchObject([{ node: "Seq Scan", table: "generations" }]);
    expect(FILLED.finished).toBeGreaterThan(10 * ROWS_MAX);
  });
});
