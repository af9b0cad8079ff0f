/** The background worker for pushes and invitations. */
import { setTimeout as delay } from "node:timers/promises";
import type { Context } from "../app-context.ts";
import { repeat } from "../repeat.ts";
import { PassingFault, PushFault } from "./push-fault.ts";
import { inviteOwners } from "./invitations.ts";
import { pushVersion } from "./push-version.ts";
import { claimPush, fail, LEASE_MS, postpone, release, renewLease, type Job } from "./push-queue.ts";
import { removeLeftDirectories } from "./work-directory.ts";

export interface PushOptions {
  random: () => number;
  /** How often the table is polled if nothing wakes it. */
  pollMs?: number;
}

const POLL_MS = 1_000;
/** A push keeps a version's files in git and on disk, so few run at once. */
const PARALLEL = 2;

/** Renews the lease until the signal aborts; a lost lease ends the work. */
const keepLease = async (context: Context, job: Job, work: AbortController) => {
  while (!work.signal.aborted) {
    await delay(LEASE_MS / 3, undefined, { signal: work.signal, ref: false });
    if (!(await renewLease(context, job))) work.abort(new Error("another orchestrator has taken over"));
  }
};

const settle = async (context: Context, job: Job, cause: unknown, random: () => number): Promise<void> => {
  if (cause instanceof PushFault) return fail(context, job, cause.failure);
  const isPassing = cause instanceof PassingFault;
  if (await postpone(context, job, random, isPassing ? cause.retryAfterMs : undefined)) return;
  const detail = cause instanceof Error ? cause.message : String(cause);
  return fail(context, job, new PushFault(isPassing ? "unreachable" : "internal", { detail }).failure);
};

/** One try, with its result recorded. */
const work = async (context: Context, job: Job, stopped: AbortSignal, random: () => number) => {
  const { log } = context;
  const about = { pushId: job.id, generationId: job.generationId, appId: job.appId, tries: job.tries };
  const own = new AbortController();
  const signal = AbortSignal.any([stopped, own.signal]);
  const lease = keepLease(context, job, own).catch((cause: unknown) => {
    if (own.signal.aborted) return;
    log.warn({ err: cause, event: "push_lease_lost", ...about }, "a push's lease was not renewed");
    own.abort(cause);
  });
  try {
    await pushVersion(context, job, signal);
    log.info({ event: "pushed", ...about }, "a version was pushed");
  } catch (cause) {
    if (stopped.aborted) {
      await release(context, job);
      return;
    }
    const known = cause instanceof PushFault || cause instanceof PassingFault;
    const said = known ? { reason: cause.message } : { err: cause };
    log[known ? "warn" : "error"]({ ...said, event: "push_failed", ...about }, "a version was not pushed");
    await settle(context, job, cause, random);
  } finally {
    own.abort();
    await lease;
  }
};

/** Starts the worker. `stop` aborts current pushes and returns them to the queue for the next orchestrator. */
export const startPushing = (context: Context, { random, pollMs = POLL_MS }: PushOptions) => {
  const { log } = context;
  const stopping = new AbortController();
  const running = new Set<Promise<void>>();

  const take = async () => {
    while (running.size < PARALLEL && !stopping.signal.aborted) {
      const job = await claimPush(context);
      if (!job) return;
      const one = work(context, job, stopping.signal, random)
        .catch((cause: unknown) => {
          // Its lease expires and another orchestrator takes it over.
          log.error({ err: cause, event: "push_lost", pushId: job.id }, "a push broke off");
        })
        .finally(() => {
          running.delete(one);
          pushing.wake();
        });
      running.add(one);
    }
  };

  const swept = removeLeftDirectories().catch((cause: unknown) =>
    log.warn({ err: cause, event: "sweep_failed" }, "directories of ended processes stay"),
  );
  const pushing = repeat("pushing", pollMs, log, async () => {
    await swept;
    await take();
  });
  const inviting = repeat("invitations", pollMs, log, () => inviteOwners(context, stopping.signal));

  return {
    stop: async () => {
      stopping.abort(new Error("the orchestrator ends"));
      await Promise.all([pushing.stop(), inviting.stop()]);
      await Promise.allSettled(running);
    },
  };
};
