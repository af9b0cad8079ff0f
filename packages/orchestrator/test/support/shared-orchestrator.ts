import { shared } from "@leo/local/testing/shared.ts";
import { until } from "@leo/local/testing/until.ts";
import { onTestFinished } from "vitest";
import { withOrchestrator, type OrchestratorOptions, type TestOrchestrator } from "./orchestrator.ts";

const UNENDED = `
  select id from leo.generations where owner_id = $1 and finished_at is null
  union
  select generation_id from leo.attempts join leo.generations on generations.id = generation_id
  where owner_id = $1 and ended_at is null`;

/** One that others use too: a second one beside it would take task events from them when it ends. */
export type SharedOrchestrator = Omit<TestOrchestrator, "startAnother">;

/** Ends what a user's test has left running, so that the next one finds nothing of it. */
const endAll = async ({ database, ecs, userId, request, heldTasks }: SharedOrchestrator): Promise<void> => {
  ecs.faults.clear();
  const unended = async () => {
    const { rows } = await database.pool.query<{ id: string }>(UNENDED, [userId]);
    return rows.map(({ id }) => id);
  };
  const ids = await unended();
  await Promise.all(ids.map((id) => request("POST", `/api/generations/${id}/cancel`)));
  for (const task of heldTasks) if (ids.includes(task.generationId)) task.exit(1);
  await until("the end of what a test has started", async () => (await unended()).length === 0, 60_000);
};

/**
 * One orchestrator for the tests of a file or of a `describe` block. Each test is a user of its own, sees
 * only its own tasks, and leaves nothing running.
 */
export const sharedOrchestrator = (options: OrchestratorOptions = {}) => {
  const common = shared<TestOrchestrator>((run) => withOrchestrator(options, run));
  return async (run: (leo: SharedOrchestrator) => Promise<void>): Promise<void> => {
    const all = common();
    const earlier = new Set(all.ecs.tasks().map(({ task }) => task.arn));
    const leo: SharedOrchestrator = {
      ...all,
      ...(await all.anotherUser()),
      ecs: {
        ...all.ecs,
        tasks: () => all.ecs.tasks().filter(({ task }) => !earlier.has(task.arn)),
      },
    };
    onTestFinished(() => endAll(leo));
    await run(leo);
  };
};
