/** Works off publications and invitations beside everything else. */
import { setTimeout as delay } from "node:timers/promises";
import type { Context } from "../app-context.ts";
import { repeat } from "../repeat.ts";
import { PassingFault, PublishingFault } from "./push-fault.ts";
import { inviteOwners } from "./invitations.ts";
import { publishVersion } from "./push-version.ts";
import { claimPublication, fail, LEASE_MS, postpone, release, renewLease, type Job } from "./push-queue.ts";
import { removeLeftDirectories } from "./work-directory.ts";

export interface PublishingOptions {
  random: () => number;
  /** How often the table is asked when nothing wakes it. */
  pollMs?: number;
}

const POLL_MS = 1_000;
/** A publication holds a version's files in git and on disk, so few run at once. */
const PARALLEL = 2;

/** Renews the lease until the signal aborts; a lost lease ends the work. */
const keepLease = async (context: Context, job: Job, work: AbortController) => {
  while (!work.signal.aborted) {
    await delay(LEASE_MS / 3, undefined, { signal: work.signal, ref: false });
    if (!(await renewLease(context, job))) work.abort(new Error("another orchestrator has taken over"));
  }
};

const settle = async (context: Context, job: Job, cause: unknown, random: () => number): Promise<void> => {
  if (cause instanceof PublishingFault) return fail(context, job, cause.failure);
  const isPassing = cause instanceof PassingFault;
  if (await postpone(context, job, random, isPassing ? cause.retryAfterMs : undefined)) return;
  const detail = cause instanceof Error ? cause.message : String(cause);
  return fail(context, job, new PublishingFault(isPassing ? "unreachable" : "internal", { detail }).failure);
};

/** One try, with whatever comes of it stored. */
const work = async (context: Context, job: Job, stopped: AbortSignal, random: () => number) => {
  const { log } = context;
  const about = { publicationId: job.id, generationId: job.generationId, appId: job.appId, tries: job.tries };
  const own = new AbortController();
  const signal = AbortSignal.any([stopped, own.signal]);
  const lease = keepLease(context, job, own).catch((cause: unknown) => {
    if (own.signal.aborted) return;
    log.warn(
      { err: cause, event: "publication_lease_lost", ...about },
      "a publication's lease was not renewed",
    );
    own.abort(cause);
  });
  try {
    await publishVersion(context, job, signal);
    log.info({ event: "published", ...about }, "a version was published");
  } catch (cause) {
    if (stopped.aborted) {
      await release(context, job);
      return;
    }
    const known = cause instanceof PublishingFault || cause instanceof PassingFault;
    const said = known ? { reason: cause.message } : { err: cause };
    log[known ? "warn" : "error"](
      { ...said, event: "publication_failed", ...about },
      "a version was not published",
    );
    await settle(context, job, cause, random);
  } finally {
    own.abort();
    await lease;
  }
};

/** Starts the work. `stop` ends what is under way and gives it back for the next orchestrator. */
export const startPublishing = (context: Context, { random, pollMs = POLL_MS }: PublishingOptions) => {
  const { log } = context;
  const stopping = new AbortController();
  const running = new Set<Promise<void>>();

  const take = async () => {
    while (running.size < PARALLEL && !stopping.signal.aborted) {
      const job = await claimPublication(context);
      if (!job) return;
      const one = work(context, job, stopping.signal, random)
        .catch((cause: unknown) => {
          // Its lease runs out and somebody takes it over.
          log.error(
            { err: cause, event: "publication_lost", publicationId: job.id },
            "a publication broke off",
          );
        })
        .finally(() => {
          running.delete(one);
          publishing.wake();
        });
      running.add(one);
    }
  };

  const swept = removeLeftDirectories().catch((cause: unknown) =>
    log.warn({ err: cause, event: "sweep_failed" }, "directories of ended processes stay"),
  );
  const publishing = repeat("publishing", pollMs, log, async () => {
    await swept;
    await take();
  });
  const inviting = repeat("invitations", pollMs, log, () => inviteOwners(context, stopping.signal));

  return {
    stop: async () => {
      stopping.abort(new Error("the orchestrator ends"));
      await Promise.all([publishing.stop(), inviting.stop()]);
      await Promise.allSettled(running);
    },
  };
};
