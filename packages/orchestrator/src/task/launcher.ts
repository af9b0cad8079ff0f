/**
 * Starts attempts' tasks.
 *
 * An attempt is written before RunTask is called, with a lease that its launcher renews. A launcher
 * that dies leaves an attempt without a task; another one adopts it: it looks for a task by
 * `startedBy` first. Only when there is none it calls RunTask again, with a new attempt token, since
 * the old one died with its launcher, and with the same client token: if the old call did make a
 * task, ECS says ConflictException and names it. That task comes with the old token, which stays
 * valid beside the new one.
 *
 * Client token: `{attemptId}.{launchCount}`. The same one while it is unknown whether a task was
 * made; the next one, with the next place, after an answer that said no.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { failure } from "@leo/core/failure.ts";
import { sandboxKey } from "@leo/core/task-containers.ts";
import type { Context } from "../app-context.ts";
import { budgetOf } from "../limits/ledger.ts";
import { appendFacts } from "../events/append.ts";
import { releaseLaunch, renewLaunch, type AttemptRef, type AttemptRow } from "../generation/attempt.ts";
import { taskStopped, UNKNOWN_TASK } from "./observation.ts";
import { hashAttemptToken, newAttemptToken, type ClaimedAttempt } from "../generation/claim.ts";
import { createEndings } from "./record-outcome.ts";
import type { LaunchOutcome } from "./outcome.ts";
import { placeOf } from "./placement.ts";
import { createRateLimit } from "./rate-limit.ts";
import type { TaskClient } from "./client.ts";

export interface LauncherOptions {
  tasks: TaskClient;
  /** 0 ≤ random() < 1, for jitter. */
  random: () => number;
  /** First pause of the backoff. */
  backoffMs: number;
  /** Told of every outcome of RunTask, and how long after the launch began. */
  onOutcome: (kind: LaunchOutcome["kind"], durationMs: number) => void;
  /** Orchestrators at work: they share what ECS takes in a second. */
  orchestrators: () => number;
}

export interface Launcher {
  launch(attempt: ClaimedAttempt): Promise<void>;
  adopt(attempt: AttemptRow): Promise<void>;
  /** Launches that wait are released for another orchestrator; calls under way end first. */
  stop(): void;
}

/** Own bound below ECS's 20 RunTask calls a second, for all orchestrators together. */
const RUN_TASK_PER_SECOND = 10;
const BACKOFF_MAX_MS = 30_000;

interface Launch {
  attempt: AttemptRef & { memoryMib: number; onDemand: boolean; deadlineAt: Date };
  token: string;
  tokenHash: string;
  launchCount: number;
  tries: number;
  /** Answers that said no: the next place is asked. */
  refusals: number;
  definitionRetried: boolean;
  /** Answers with neither a task nor a failure, with the present token. */
  emptyAnswers: number;
  startedAt: number;
}

export const createLauncher = (context: Context, options: LauncherOptions): Launcher => {
  const { config, database, log, now } = context;
  const { tasks } = options;
  const { isCancelled, fail, refuse, defer, started, cancelled } = createEndings(context, tasks);
  const rate = createRateLimit(RUN_TASK_PER_SECOND, options.orchestrators);
  const stopping = new AbortController();

  const runOnce = async (launch: Launch): Promise<LaunchOutcome> => {
    const { attempt, token, launchCount } = launch;
    const budgetUsd = await budgetOf(context, attempt.generationId, attempt.number);
    // As `start_generation` will say it: the agent starts while that is on its way.
    const shared = { LEO_BUDGET_USD: String(budgetUsd), LEO_MAX_TURNS: String(config.LEO_MAX_TURNS) };
    return tasks.run({
      attemptId: attempt.id,
      clientToken: `${attempt.id}.${launchCount}`,
      memoryMib: attempt.memoryMib,
      ...placeOf(config, attempt.onDemand, launch.refusals),
      driverEnvironment: {
        ...shared,
        LEO_GENERATOR_URL: config.LEO_GENERATOR_URL,
        LEO_ATTEMPT_TOKEN: token,
        LEO_GENERATION_ID: attempt.generationId,
        LEO_ATTEMPT: String(attempt.number),
        LEO_DEADLINE_AT: attempt.deadlineAt.toISOString(),
      },
      sandboxEnvironment: { ...shared, LEO_SANDBOX_KEY: sandboxKey(token) },
    });
  };

  /** Waits and keeps the lease. Returns false when the launch is no longer ours; a cancel ends it early. */
  const hold = async ({ attempt, tokenHash }: Launch, durationMs: number): Promise<boolean> => {
    let leftMs = durationMs;
    while (leftMs > 0 && !stopping.signal.aborted) {
      const partMs = Math.min(leftMs, config.LEO_LAUNCH_LEASE_MS / 5);
      // Stopping ends the wait early; the loop then ends as well.
      await sleep(partMs, undefined, { signal: stopping.signal }).catch(() => undefined);
      leftMs -= partMs;
      if (!(await renewLaunch(context, attempt.id, tokenHash))) return false;
      if (await isCancelled(attempt.generationId)) return true;
    }
    if (!stopping.signal.aborted) return true;
    await releaseLaunch(context, attempt.id, tokenHash);
    return false;
  };

  /** Full jitter. */
  const backoffMs = ({ tries }: Launch) =>
    options.random() * Math.min(options.backoffMs * 2 ** tries, BACKOFF_MAX_MS);

  const takeNewToken = (launch: Launch) => {
    launch.launchCount += 1;
    launch.emptyAnswers = 0;
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
        await refuse(attempt, outcome.detail);
        return true;
      case "look_up": {
        const taskArn = await tasks.findByAttempt(attempt.id);
        if (taskArn) {
          await started(attempt, taskArn);
          return true;
        }
        // The same token first; but a token replays its first answer, so an empty one may be final.
        launch.emptyAnswers += 1;
        if (outcome.isTokenSpent || launch.emptyAnswers > 1) takeNewToken(launch);
        break;
      }
      case "inactive_definition":
        if (launch.definitionRetried) {
          await refuse(attempt, outcome.detail);
          return true;
        }
        launch.definitionRetried = true;
        takeNewToken(launch);
        return false;
      case "capacity":
      case "retry_new":
        launch.refusals += 1;
        takeNewToken(launch);
        break;
      case "retry_same":
        break;
    }
    if (now().getTime() - launch.startedAt < config.LEO_CAPACITY_RETRY_MS) return false;
    await fail(
      attempt,
      failure(outcome.kind === "capacity" ? "capacity" : "internal", outcome.detail),
      false,
    );
    return true;
  };

  const drive = async (launch: Launch): Promise<void> => {
    for (;;) {
      const { attempt, tokenHash, launchCount } = launch;
      if (!(await hold(launch, rate.reserve()))) return undefined;
      if (await isCancelled(attempt.generationId)) return cancelled(attempt, launch.tries > 0);
      if (!(await renewLaunch(context, attempt.id, tokenHash, { launchCount }))) return undefined;
      const outcome = await runOnce(launch);
      options.onOutcome(outcome.kind, now().getTime() - launch.startedAt);
      if (outcome.kind !== "started")
        log.warn({ event: "launch_retry", attemptId: attempt.id, outcome }, "RunTask gave no task");
      if (await settle(launch, outcome)) return undefined;
      launch.tries += 1;
      if (!(await hold(launch, backoffMs(launch)))) return undefined;
    }
  };

  const isHeard = ({ lastFrameAt }: AttemptRow) =>
    lastFrameAt !== null && now().getTime() - lastFrameAt.getTime() < config.LEO_TASK_SETTLE_MS;

  const begin = (attempt: Launch["attempt"], token: string, launchCount: number) =>
    drive({
      attempt,
      token,
      tokenHash: hashAttemptToken(token),
      launchCount,
      tries: 0,
      refusals: 0,
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
      // It has spoken, so it has a task, which must not run twice. ECS may list it a moment later.
      if (attempt.readyAt) return isHeard(attempt) ? undefined : taskStopped(context, attempt, UNKNOWN_TASK);
      const { token, hash } = newAttemptToken();
      const ours = await renewLaunch(context, attempt.id, attempt.tokenHash, {
        tokenHash: hash,
        previousTokenHash: attempt.tokenHash,
      });
      return ours ? begin(attempt, token, Math.max(1, attempt.launchCount)) : undefined;
    },
    stop: () => stopping.abort(),
  };
};
