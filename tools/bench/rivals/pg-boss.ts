/** pg-boss: `send` for each job, `fetch` with a batch size. What is fetched is not completed. */
import { PgBoss } from "pg-boss";
import { serveCommands } from "../src/harness/child.ts";
import { chunks, perSecond, POOL_SIZE, type Ask, type ClaimAsk } from "../src/queue/work.ts";

const QUEUE = "bench";
const INSERT_MAX = 1_000;
const DATA = { prompt: "a todo list" };

let started: PgBoss | undefined;
const boss = () => {
  if (!started) throw new Error("start comes first");
  return started;
};

const commands = {
  start: async ({ databaseUrl }: { databaseUrl: string }) => {
    started = new PgBoss({
      connectionString: databaseUrl,
      max: POOL_SIZE,
      supervise: false,
      schedule: false,
    });
    started.on("error", (error) => process.stderr.write(`pg-boss: ${error.message}\n`));
    await started.start();
    await started.createQueue(QUEUE);
  },
  empty: () => boss().deleteAllJobs(QUEUE),
  fill: async (rows: number) => {
    for (const { length } of chunks(rows, INSERT_MAX)) {
      await boss().insert(
        QUEUE,
        Array.from({ length }, () => ({ data: DATA })),
      );
    }
    await boss().getDb().executeSql("analyze");
  },
  enqueue: ({ callers, durationMs }: Ask) =>
    perSecond(callers, durationMs, async () => {
      await boss().send(QUEUE, DATA);
      return 1;
    }),
  claim: ({ callers, durationMs, batch }: ClaimAsk) =>
    perSecond(callers, durationMs, async () => (await boss().fetch(QUEUE, { batchSize: batch })).length),
};

serveCommands(commands);
