/** Everything that runs beside requests: the queue, the watches, reconciliation, task events. */
import type { Context } from "./context.ts";
import { createLauncher } from "./launch/launcher.ts";
import type { TaskClient } from "./launch/task-client.ts";
import { reconcile, takeOver } from "./lifecycle/reconcile.ts";
import { readTaskEvents } from "./lifecycle/task-events.ts";
import { stopOverdue } from "./lifecycle/watches.ts";
import type { Metrics } from "./metrics.ts";
import { claim, type ClaimedAttempt } from "./queue/claim.ts";
import { repeat } from "./repeat.ts";

export interface BackgroundOptions {
  tasks: TaskClient;
  metrics: Metrics;
  random: () => number;
}

export interface Background {
  /** The queue may have work. */
  wakeQueue(): void;
  /** Takes no new work; resolves when launches under way have ended or `timeoutMs` has passed. */
  stop(timeoutMs: number): Promise<void>;
}

const QUEUE_POLL_MS = 1_000;
const WATCH_MS = 2_000;
const TAKE_OVER_MS = 3_000;
const RECONCILE_MS = 60_000;
const CLAIM_BATCH = 20;
const LAUNCH_BACKOFF_MS = 500;

export const startBackground = (
  context: Context,
  { tasks, metrics, random }: BackgroundOptions,
): Background => {
  const { config, log, now } = context;
  const bootAt = now();
  const launcher = createLauncher(context, { tasks, random, backoffMs: LAUNCH_BACKOFF_MS });
  const launches = new Set<Promise<void>>();

  const launch = (attempt: ClaimedAttempt) => {
    const startedAt = performance.now();
    const running = launcher
      .launch(attempt)
      .then(() => metrics.launched(performance.now() - startedAt))
      .catch((cause: unknown) => {
        // The attempt's lease runs out and somebody adopts it.
        metrics.launchFailed();
        log.error({ err: cause, event: "launch_failed", attemptId: attempt.id }, "a launch broke off");
      })
      .finally(() => launches.delete(running));
    launches.add(running);
  };

  const queue = repeat("queue", QUEUE_POLL_MS, log, async () => {
    for (;;) {
      const claimed = await claim(context, CLAIM_BATCH);
      for (const attempt of claimed) launch(attempt);
      if (claimed.length < CLAIM_BATCH) return;
    }
  });
  const repeated = [
    queue,
    repeat("watches", WATCH_MS, log, () => stopOverdue(context, tasks, bootAt)),
    repeat("take-over", TAKE_OVER_MS, log, () => takeOver(context, launcher)),
    repeat("reconcile", RECONCILE_MS, log, async () =>
      metrics.orphansStopped(await reconcile(context, tasks)),
    ),
  ];
  const queueUrl = config.LEO_TASK_EVENTS_QUEUE_URL;
  const stopTaskEvents = queueUrl ? readTaskEvents(context, queueUrl) : undefined;

  return {
    wakeQueue: () => queue.wake(),
    stop: async (timeoutMs) => {
      const ended = Promise.all([
        ...repeated.map((work) => work.stop()),
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
