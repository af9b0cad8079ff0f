/** Everything that runs beside requests: the queue, the watches, reconciliation, task events. */
import type { AppContext } from "./orchestrator.ts";
import { resumeLaunches } from "./limits/model-pause.ts";
import { createLauncher } from "./task/launcher.ts";
import type { AttemptRef } from "./generation/attempt.ts";
import { reconcile, takeOver } from "./task/reconciliation.ts";
import { readTaskEvents } from "./task/task-events.ts";
import { stopOverdue } from "./task/watches.ts";
import { sweepObjects } from "./objects/sweep.ts";
import { claim } from "./generation/claim.ts";
import { startPushing } from "./github/worker.ts";
import { repeat } from "./repeat.ts";
import { withIds } from "./telemetry/log.ts";
import { inSpan } from "./telemetry/span.ts";

export interface Background {
  /** The queue may have work. */
  wakeQueue(): void;
  /** Takes no new work; resolves when launches under way have ended or `timeoutMs` has passed. */
  stop(timeoutMs: number): Promise<void>;
}

const QUEUE_POLL_MS = 1_000;
const CLAIM_BATCH = 20;
const OBJECTS_STEP_MS = 60_000;
const LAUNCH_BACKOFF_MS = 500;

const attributesOf = ({ id, generationId, number }: AttemptRef) => ({
  "leo.generation_id": generationId,
  "leo.attempt_id": id,
  "leo.attempt": number,
});

export const startBackground = (context: AppContext): Background => {
  const { config, log, state, tasks, metrics, random, hearing } = context;
  const launcher = createLauncher(context, {
    tasks,
    random,
    backoffMs: LAUNCH_BACKOFF_MS,
    onOutcome: metrics.launchOutcome,
    orchestrators: () => state.peers?.count ?? 1,
  });
  const launches = new Set<Promise<void>>();

  const track = (attempt: AttemptRef, launch: () => Promise<void>) => {
    const ids = { generationId: attempt.generationId, attemptId: attempt.id };
    const running = withIds(ids, () => inSpan("launch", attributesOf(attempt), launch))
      .catch((cause: unknown) => {
        // The attempt's lease runs out and somebody adopts it.
        metrics.launchFailed("broken_off");
        log.error({ err: cause, event: "launch_failed", ...ids }, "a launch broke off");
      })
      .finally(() => launches.delete(running));
    launches.add(running);
  };

  const queue = repeat("queue", QUEUE_POLL_MS, log, async () => {
    for (;;) {
      const claimed = await claim(context, CLAIM_BATCH);
      for (const attempt of claimed) track(attempt, () => launcher.launch(attempt));
      if (claimed.length < CLAIM_BATCH) return;
    }
  });
  const repeated = [
    queue,
    repeat("model pause", config.LEO_WATCH_INTERVAL_MS, log, async () => {
      if (await resumeLaunches(context)) queue.wake();
    }),
    repeat("objects", Math.min(OBJECTS_STEP_MS, config.LEO_OBJECTS_INTERVAL_MS), log, async () =>
      metrics.objectsRemoved((await sweepObjects(context)).objects),
    ),
    repeat("watches", config.LEO_WATCH_INTERVAL_MS, log, () => stopOverdue(context, tasks, hearing.since())),
    repeat("take-over", config.LEO_LAUNCH_LEASE_MS / 5, log, () =>
      takeOver(context, (attempt) => track(attempt, () => launcher.adopt(attempt))),
    ),
    repeat("reconcile", config.LEO_RECONCILE_INTERVAL_MS, log, async () =>
      metrics.orphans(await reconcile(context, tasks)),
    ),
  ];
  const pushing = startPushing(context, { random });
  const queueUrl = config.LEO_TASK_EVENTS_QUEUE_URL;
  const stopTaskEvents = queueUrl ? readTaskEvents(context, queueUrl) : undefined;

  return {
    wakeQueue: () => queue.wake(),
    stop: async (timeoutMs) => {
      launcher.stop();
      const ended = Promise.all([
        ...repeated.map((work) => work.stop()),
        pushing.stop(),
        stopTaskEvents?.(),
        Promise.allSettled(launches),
      ]);
      let timer: NodeJS.Timeout | undefined;
      const timeout = new Promise((resolve) => (timer = setTimeout(resolve, timeoutMs)));
      await Promise.race([ended, timeout]);
      clearTimeout(timer);
    },
  };
};
