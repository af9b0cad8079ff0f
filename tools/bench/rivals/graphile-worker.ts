/**
 * graphile-worker: `addJob` for each job; its runner with an empty task, so that each job is claimed and
 * completed: it has no call that only claims. A batch is its local queue.
 */
import { Logger, makeWorkerUtils, run, type WorkerUtils } from "graphile-worker";
import { Pool } from "pg";
import { serveCommands } from "../src/harness/child.ts";
import { chunks, perSecond, POOL_SIZE, type Ask, type ClaimAsk } from "../src/queue/work.ts";

const TASK = "bench";
const INSERT_MAX = 1_000;
const PAYLOAD = { prompt: "a todo list" };

let pool: Pool | undefined;
let utils: WorkerUtils | undefined;
let filled = 0;
const opened = () => {
  if (!pool || !utils) throw new Error("start comes first");
  return { pool, utils };
};
const logger = new Logger(() => () => undefined);

const commands = {
  start: async ({ databaseUrl }: { databaseUrl: string }) => {
    pool = new Pool({ connectionString: databaseUrl, max: POOL_SIZE });
    pool.on("error", () => undefined);
    pool.on("connect", (client) => client.on("error", () => undefined));
    utils = await makeWorkerUtils({ pgPool: pool, logger });
    await utils.migrate();
  },
  empty: async () => {
    await opened().pool.query("delete from graphile_worker._private_jobs");
  },
  fill: async (rows: number) => {
    filled = rows;
    for (const { length } of chunks(rows, INSERT_MAX)) {
      await opened().utils.addJobs(Array.from({ length }, () => ({ identifier: TASK, payload: PAYLOAD })));
    }
    await opened().pool.query("analyze");
  },
  enqueue: ({ callers, durationMs }: Ask) =>
    perSecond(callers, durationMs, async () => {
      await opened().utils.addJob(TASK, PAYLOAD);
      return 1;
    }),
  claim: async ({ callers, durationMs, batch }: ClaimAsk): Promise<number> => {
    let done = 0;
    const first = Promise.withResolvers<number>();
    const last = Promise.withResolvers<void>();
    const runner = await run({
      pgPool: opened().pool,
      logger,
      concurrency: callers,
      noHandleSignals: true,
      crontab: "",
      taskList: {
        [TASK]: () => {
          done += 1;
          first.resolve(performance.now());
          if (done === filled) last.resolve();
        },
      },
      ...(batch > 1 ? { preset: { worker: { localQueue: { size: batch } } } } : {}),
    });
    const beganAt = await first.promise;
    const timer = setTimeout(last.resolve, durationMs);
    await last.promise;
    clearTimeout(timer);
    const rate = (done * 1_000) / (performance.now() - beganAt);
    await runner.stop();
    return rate;
  },
};

serveCommands(commands);
