/**
 * Starts attempts' tasks.
 *
 * An attempt is written before RunTask is called, with a lease that its launcher renews. A launcher
 * that dies leaves an attempt without a task; another one adopts it: it looks for a task by
 * `startedBy` first, and only when there is none calls RunTask again, with a new attempt token, since
 * the old one died with its launcher. A task of the old call that turns up later has a token nobody
 * knows, and reconciliation stops it.
 *
 * Client token: `{attemptId}.{launchCount}`. The same one while it is unknown whether a task was made,
 * the next one after an answer that said no.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { eq } from "drizzle-orm";
import { failure, type Failure } from "@leo/core/failure.ts";
import { LIMITS } from "@leo/core/limits.ts";
import { STOP_REASON } from "@leo/core/task-stop.ts";
import type { Context } from "../context.ts";
import { attempts, generations } from "../db/schema.ts";
import { appendFacts } from "../events/append.ts";
import {
  endAttempt,
  recordTask,
  renewLaunch,
  requestStop,
  tellProgress,
  type AttemptRef,
  type AttemptRow,
} from "../lifecycle/attempt.ts";
import { lockGeneration } from "../lifecycle/lock.ts";
import { transitionIn } from "../lifecycle/transition.ts";
import { LAUNCH_LEASE_MS, newAttemptToken, type ClaimedAttempt } from "../queue/claim.ts";
import type { LaunchOutcome } from "./outcome.ts";
import { createRateLimit } from "./rate-limit.ts";
import type { TaskClient } from "./task-client.ts";

export interface LauncherOptions {
  tasks: TaskClient;
  /** 0 ≤ random() < 1, for jitter. */
  random: () => number;
  /** First pause of the backoff. */
  backoffMs: number;
}

export interface Launcher {
  launch(attempt: ClaimedAttempt): Promise<void>;
  adopt(attempt: AttemptRow): Promise<void>;
}

/** Own bound below ECS's 20 RunTask calls a second. */
const RUN_TASK_PER_SECOND = 10;
const BACKOFF_MAX_MS = 30_000;
/** How long a launch without capacity in the account waits in the queue. */
const QUOTA_PAUSE_MS = 30_000;
/** Errors that say nothing about a task: give up and let the next attempt try. */
const LAUNCH_GIVE_UP_MS = LIMITS.capacityRetryMs;

interface Launch {
  attempt: AttemptRef & { memoryMib: number; deadlineAt: Date };
  token: string;
  launchCount: number;
  tries: number;
  definitionRetried: boolean;
  /** Answers with neither a task nor a failure, with the present token. */
  emptyAnswers: number;
  startedAt: number;
}

export const createLauncher = (context: Context, options: LauncherOptions): Launcher => {
  const { config, database, log, now } = context;
  const { tasks } = options;
  const rate = createRateLimit(RUN_TASK_PER_SECOND);

  const isCancelled = async (generationId: string) => {
    const [row] = await database.orm
      .select({ at: generations.cancelRequestedAt })
      .from(generations)
      .where(eq(generations.id, generationId));
    return row === undefined || row.at !== null;
  };

  const fail = (attempt: AttemptRef, cause: Failure, retry: boolean) =>
    database.orm.transaction(async (orm) => {
      const at = now();
      await lockGeneration(orm, attempt.generationId);
      await endAttempt(orm, attempt, "launch_failed", cause.detail ?? cause.code, at);
      await transitionIn(
        orm,
        attempt.generationId,
        { type: "attempt_failed", failure: cause, retry },
        at,
        attempt.number,
      );
    });

  /** Back into the queue: certainly no task was made, so the attempt never was. */
  const defer = (attempt: AttemptRef, detail: string) =>
    database.orm.transaction(async (orm) => {
      const at = now();
      await tellProgress(
        orm,
        attempt,
        "ended",
        at,
        "The account's machine limit is reached; waiting for a place.",
      );
      await orm.delete(attempts).where(eq(attempts.id, attempt.id));
      const availableAt = new Date(at.getTime() + QUOTA_PAUSE_MS);
      await transitionIn(orm, attempt.generationId, { type: "launch_deferred" }, at, attempt.number, {
        availableAt,
      });
      log.warn({ event: "launch_quota", attemptId: attempt.id, detail }, "the vCPU quota is reached");
    });

  const cancelled = (attempt: AttemptRef) =>
    database.orm.transaction(async (orm) => {
      const at = now();
      await lockGeneration(orm, attempt.generationId);
      await endAttempt(orm, attempt, "cancelled", "cancelled before the launch", at);
      await transitionIn(orm, attempt.generationId, { type: "task_gone" }, at, attempt.number);
    });

  const started = async (attempt: AttemptRef, taskArn: string) => {
    const recorded = await recordTask(context, attempt, taskArn);
    log.info(
      { event: "task_started", attemptId: attempt.id, generationId: attempt.generationId, taskArn, recorded },
      "task started",
    );
    if (!recorded || !(await isCancelled(attempt.generationId))) return;
    await requestStop(database.orm, attempt.id, STOP_REASON.cancel, now());
    await tasks.stop(taskArn, STOP_REASON.cancel);
  };

  const runOnce = async ({ attempt, token, launchCount, tries }: Launch): Promise<LaunchOutcome> => {
    await rate.take();
    return tasks.run({
      attemptId: attempt.id,
      clientToken: `${attempt.id}.${launchCount}`,
      memoryMib: attempt.memoryMib,
      subnetIndex: tries,
      agentEnvironment: {
        LEO_GENERATOR_URL: config.LEO_GENERATOR_URL,
        LEO_ATTEMPT_TOKEN: token,
        LEO_GENERATION_ID: attempt.generationId,
        LEO_ATTEMPT: String(attempt.number),
        LEO_DEADLINE_AT: attempt.deadlineAt.toISOString(),
      },
      gatewayEnvironment: {
        LEO_GENERATION_ID: attempt.generationId,
        LEO_BUDGET_USD: String(config.LEO_GENERATION_BUDGET_USD),
      },
    });
  };

  /** Backoff with full jitter, keeping the lease. Returns false when the launch is no longer ours. */
  const pause = async (launch: Launch): Promise<boolean> => {
    const ceilingMs = Math.min(options.backoffMs * 2 ** launch.tries, BACKOFF_MAX_MS);
    let leftMs = options.random() * ceilingMs;
    while (leftMs > 0) {
      const partMs = Math.min(leftMs, LAUNCH_LEASE_MS / 3);
      await sleep(partMs);
      leftMs -= partMs;
      if (!(await renewLaunch(context, launch.attempt.id, LAUNCH_LEASE_MS))) return false;
    }
    return true;
  };

  /** Carries an outcome out. Returns true when the launch is over. */
  const settle = async (launch: Launch, outcome: LaunchOutcome): Promise<boolean> => {
    const { attempt } = launch;
    switch (outcome.kind) {
      case "started":
        await started(attempt, outcome.taskArn);
        return true;
      case "quota":
        await defer(attempt, outcome.detail);
        return true;
      case "fatal":
        log.error(
          { event: "launch_refused", attemptId: attempt.id, detail: outcome.detail },
          "RunTask was refused",
        );
        await fail(attempt, failure("internal", outcome.detail), false);
        return true;
      case "look_up": {
        const taskArn = await tasks.findByAttempt(attempt.id);
        if (taskArn) {
          await started(attempt, taskArn);
          return true;
        }
        // The same token first; but a token replays its first answer, so an empty one may be final.
        launch.emptyAnswers += 1;
        if (launch.emptyAnswers > 1) {
          launch.launchCount += 1;
          launch.emptyAnswers = 0;
        }
        break;
      }
      case "inactive_definition":
        if (launch.definitionRetried) {
          await fail(attempt, failure("internal", outcome.detail), false);
          return true;
        }
        launch.definitionRetried = true;
        launch.launchCount += 1;
        return false;
      case "capacity":
      case "retry_new":
        launch.launchCount += 1;
        break;
      case "retry_same":
        break;
    }
    if (now().getTime() - launch.startedAt < LAUNCH_GIVE_UP_MS) return false;
    await fail(
      attempt,
      failure(outcome.kind === "capacity" ? "capacity" : "internal", outcome.detail),
      false,
    );
    return true;
  };

  const drive = async (launch: Launch): Promise<void> => {
    for (;;) {
      if (await isCancelled(launch.attempt.generationId)) return cancelled(launch.attempt);
      const ours = await renewLaunch(context, launch.attempt.id, LAUNCH_LEASE_MS, {
        launchCount: launch.launchCount,
      });
      if (!ours) return undefined;
      const outcome = await runOnce(launch);
      if (outcome.kind !== "started")
        log.warn({ event: "launch_retry", attemptId: launch.attempt.id, outcome }, "RunTask gave no task");
      if (await settle(launch, outcome)) return undefined;
      launch.tries += 1;
      if (!(await pause(launch))) return undefined;
    }
  };

  const begin = (attempt: Launch["attempt"], token: string, launchCount: number) =>
    drive({
      attempt,
      token,
      launchCount,
      tries: 0,
      definitionRetried: false,
      emptyAnswers: 0,
      startedAt: now().getTime(),
    });

  return {
    launch: async (attempt) => {
      await appendFacts(
        database.orm,
        attempt.generationId,
        [{ type: "attempt_progress", attempt: attempt.number, step: "launching" }],
        now(),
      );
      await begin(attempt, attempt.token, 1);
    },
    adopt: async (attempt) => {
      const taskArn = attempt.launchCount > 0 ? await tasks.findByAttempt(attempt.id) : undefined;
      if (taskArn) return started(attempt, taskArn);
      const { token, hash } = newAttemptToken();
      const ours = await renewLaunch(context, attempt.id, LAUNCH_LEASE_MS, { tokenHash: hash });
      return ours ? begin(attempt, token, attempt.launchCount + 1) : undefined;
    },
  };
};
