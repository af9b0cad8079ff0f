/**
 * The queue of pushes.
 *
 * Terms: a push is *open* until it is done or failed. An app's open pushes run one by one,
 * in order of their ids. A *lease* lets one orchestrator work on one; `tries`
 * counts the claims and fences a holder whose lease was taken over.
 *
 * queued → running → done | failed; running → queued after a passing fault, or when its holder drains.
 */
import { and, eq, sql } from "drizzle-orm";
import type { Manifest } from "@leo/core/artifact.ts";
import type { PushFailure } from "@leo/core/github.ts";
import type { Context } from "../app-context.ts";
import { leaseUntil } from "../db/lease.ts";
import { tx } from "../db/tx.ts";
import { appRepositories, pushes } from "../db/schema.ts";
import { appendFacts } from "../events/append.ts";
import type { Repository } from "./client.ts";
import { commitUrl } from "./links.ts";

export const LEASE_MS = 60_000;
const TRIES_MAX = 6;
const BACKOFF_MS = 5_000;
const BACKOFF_MAX_MS = 5 * 60_000;
const WAIT_MAX_MS = 3_600_000;

/** A claimed push, with what it needs from its app and generation. */
export interface Job {
  id: string;
  tries: number;
  appId: string;
  appName: string;
  generationId: string;
  prompt: string;
  prefix: string | null;
  manifest: Manifest | null;
  createdAt: Date;
  automatic: boolean;
  confirmedFindings: string | null;
  acceptedFindings: string | null;
  onTopOf: string | null;
  commitSha: string | null;
  repositoryId: number | null;
  repositoryName: string | null;
  headSha: string | null;
  headGenerationId: string | null;
}

const CLAIM = `
with next as (
  select p.id from leo.publications p join leo.apps a on a.id = p.app_id and a.deleted_at is null
  where p.finished_at is null and p.available_at <= $1 and (p.lease_until is null or p.lease_until < $1)
    and not exists (
      select from leo.publications earlier
      where earlier.app_id = p.app_id and earlier.finished_at is null and earlier.id < p.id)
  order by p.id limit 1 for update of p skip locked
), claimed as (
  update leo.publications p set state = 'running', tries = p.tries + 1, lease_until = $2
  from next where p.id = next.id returning p.*
)
select c.id, c.tries, c.app_id as "appId", a.name as "appName", c.generation_id as "generationId",
  g.prompt, g.artifact_prefix as prefix, g.manifest, c.created_at as "createdAt", c.automatic,
  c.confirmed_findings as "confirmedFindings", s.accepted_findings as "acceptedFindings",
  c.on_top_of as "onTopOf", c.commit_sha as "commitSha", s.repository_id::float8 as "repositoryId",
  s.repository_name as "repositoryName", s.head_sha as "headSha", s.head_generation_id as "headGenerationId"
from claimed c
join leo.generations g on g.id = c.generation_id
join leo.apps a on a.id = c.app_id
left join leo.app_publishing s on s.app_id = c.app_id`;

/** Claims the next due push, if any. */
export const claimPush = async ({ database, now }: Context): Promise<Job | undefined> => {
  const at = now();
  const { rows } = await database.pool.query<Job>({
    name: "claim-push",
    text: CLAIM,
    values: [at, new Date(at.getTime() + LEASE_MS)],
  });
  return rows[0];
};

const held = ({ id, tries }: Job) =>
  and(eq(pushes.id, id), eq(pushes.state, "running"), eq(pushes.tries, tries));

const change = async ({ database }: Context, job: Job, values: Partial<typeof pushes.$inferInsert>) => {
  const changed = await database.orm.update(pushes).set(values).where(held(job)).returning({ id: pushes.id });
  return changed.length > 0;
};

/** @returns false if another worker has taken over */
export const renewLease = (context: Context, job: Job) =>
  change(context, job, { leaseUntil: leaseUntil(context.now(), LEASE_MS) });

/** Remembers the commit that is about to be pushed. @returns false if another worker has taken over */
export const recordCommit = (context: Context, job: Job, commitSha: string) =>
  change(context, job, { commitSha });

/** Returns it to the queue untried, because its holder drains. */
export const release = (context: Context, job: Job) =>
  change(context, job, { state: "queued", leaseUntil: null, tries: job.tries - 1 });

/**
 * Lets it be tried again later.
 * @returns false if it has no tries left
 */
export const postpone = async (
  context: Context,
  job: Job,
  random: () => number,
  retryAfterMs = 0,
): Promise<boolean> => {
  if (job.tries >= TRIES_MAX) return false;
  const backoffMs = Math.min(BACKOFF_MAX_MS, BACKOFF_MS * 3 ** (job.tries - 1)) * (0.75 + random() / 2);
  const waitMs = Math.min(WAIT_MAX_MS, Math.max(backoffMs, retryAfterMs));
  await change(context, job, {
    state: "queued",
    leaseUntil: null,
    availableAt: new Date(context.now().getTime() + waitMs),
  });
  return true;
};

/** Records that the version was pushed as this commit, and reports it, in one transaction. */
export const finish = (
  context: Context,
  job: Job,
  repository: Pick<Repository, "id" | "name">,
  commitSha: string,
): Promise<void> =>
  tx(context, async ({ orm }) => {
    const at = context.now();
    const [done] = await orm
      .update(pushes)
      .set({ state: "done", leaseUntil: null, commitSha, repositoryName: repository.name, finishedAt: at })
      .where(held(job))
      .returning({ id: pushes.id });
    if (!done) return;
    await orm
      .update(appRepositories)
      .set({
        headSha: commitSha,
        headGenerationId: job.generationId,
        acceptedFindings: sql`coalesce(${job.confirmedFindings}, ${appRepositories.acceptedFindings})`,
      })
      // The owner may have disconnected this repository meanwhile.
      .where(and(eq(appRepositories.appId, job.appId), eq(appRepositories.repositoryId, repository.id)));
    const { name } = repository;
    const url = commitUrl(context.config, name, commitSha);
    const fact = { type: "push", state: "done", repository: name, commitUrl: url } as const;
    await appendFacts(orm, job.generationId, [fact], at);
  });

/** Records that the push failed, and reports it, in one transaction. The version is unaffected. */
export const fail = (context: Context, job: Job, failure: PushFailure): Promise<void> =>
  tx(context, async ({ orm }) => {
    const at = context.now();
    const [failed] = await orm
      .update(pushes)
      .set({ state: "failed", leaseUntil: null, failure, finishedAt: at })
      .where(held(job))
      .returning({ id: pushes.id });
    if (!failed) return;
    const { code, message } = failure;
    const repository = job.repositoryName ?? undefined;
    const fact = { type: "push", state: "failed", repository, failure: { code, message } } as const;
    await appendFacts(orm, job.generationId, [fact], at);
  });
