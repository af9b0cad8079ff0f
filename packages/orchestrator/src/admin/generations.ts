/** Everybody's generations with their tasks, as the operator sees them. */
import { and, asc, desc, eq, exists, inArray, isNull, isNotNull, lt, ne, or } from "drizzle-orm";
import type { AdminGeneration, AdminGenerationFilter, AdminTask } from "@leo/core/admin.ts";
import type { Config } from "../config.ts";
import type { Context } from "../app-context.ts";
import { tx } from "../db/tx.ts";
import type { Orm } from "../db/database.ts";
import { apps, attempts, generations, users } from "../db/schema.ts";
import { notFound } from "../fault.ts";
import { chargedFor } from "../limits/ledger.ts";

type AttemptRow = typeof attempts.$inferSelect;

const iso = (at: Date | null) => at?.toISOString();

/** `arn:aws:ecs:REGION:ACCOUNT:task/CLUSTER/ID` → the page of its log. */
const logUrlOf = ({ LEO_TASK_LOG_URL: template }: Config, taskArn: string | null) =>
  template && taskArn ? template.replaceAll("{taskId}", taskArn.split("/").at(-1) ?? "") : undefined;

const viewTask = (config: Config, row: AttemptRow): AdminTask => ({
  attemptId: row.id,
  number: row.number,
  taskArn: row.taskArn ?? undefined,
  vcpu: row.vcpu,
  memoryMib: row.memoryMib,
  costUsd: row.costUsd,
  createdAt: row.createdAt.toISOString(),
  acceptedAt: iso(row.taskAcceptedAt),
  runningAt: iso(row.taskRunningAt),
  readyAt: iso(row.readyAt),
  lastFrameAt: iso(row.lastFrameAt),
  lastActivityAt: iso(row.lastActivityAt),
  deadlineAt: row.deadlineAt.toISOString(),
  stop:
    row.stopRequestedAt && row.stopReason !== null
      ? { at: row.stopRequestedAt.toISOString(), reason: row.stopReason }
      : undefined,
  ended:
    row.endedAt && row.endedClass !== null
      ? { at: row.endedAt.toISOString(), class: row.endedClass, detail: row.endedDetail ?? "" }
      : undefined,
  logUrl: logUrlOf(config, row.taskArn),
});

const select = (orm: Orm) =>
  orm
    .select({
      generation: generations,
      chargedUsd: chargedFor(generations.id),
      appName: apps.name,
      ownerEmail: users.email,
    })
    .from(generations)
    .innerJoin(apps, eq(apps.id, generations.appId))
    .leftJoin(users, eq(users.id, generations.ownerId));

type Row = Awaited<ReturnType<typeof select>>[number];

const view = async (orm: Orm, { config }: Context, rows: Row[]): Promise<AdminGeneration[]> => {
  const ids = rows.map(({ generation }) => generation.id);
  const tried = await orm
    .select()
    .from(attempts)
    .where(inArray(attempts.generationId, ids))
    .orderBy(asc(attempts.number));
  return rows.map(({ generation, chargedUsd, appName, ownerEmail }) => ({
    id: generation.id,
    appId: generation.appId,
    appName,
    ownerId: generation.ownerId,
    ownerEmail: ownerEmail ?? undefined,
    state: generation.state,
    mode: generation.mode,
    prompt: generation.prompt,
    attempt: generation.attempt,
    maxAttempts: generation.maxAttempts,
    costUsd: generation.costUsd,
    chargedUsd,
    failure: generation.failure ?? undefined,
    createdAt: generation.createdAt.toISOString(),
    startedAt: iso(generation.startedAt),
    finishedAt: iso(generation.finishedAt),
    cancelRequestedAt: iso(generation.cancelRequestedAt),
    tasks: tried
      .filter(({ generationId }) => generationId === generation.id)
      .map((row) => viewTask(config, row)),
  }));
};

const isAtWork = and(isNull(generations.finishedAt), ne(generations.state, "queued"));

const conditionOf = (orm: Orm, filter: AdminGenerationFilter) => {
  const openTask = orm
    .select({ id: attempts.id })
    .from(attempts)
    .where(and(eq(attempts.generationId, generations.id), isNull(attempts.endedAt)));
  const conditions = {
    live: or(isAtWork, exists(openTask)),
    queued: eq(generations.state, "queued"),
    failed: eq(generations.state, "failed"),
    ended: isNotNull(generations.finishedAt),
  };
  return conditions[filter];
};

export interface AdminGenerationsOptions {
  filter: AdminGenerationFilter;
  ownerId?: string;
  /** The last generation of the page before. */
  before?: string;
  limit: number;
}

/** @returns the newest first */
export const listAllGenerations = (
  context: Context,
  { filter, ownerId, before, limit }: AdminGenerationsOptions,
): Promise<AdminGeneration[]> =>
  tx(context, async ({ orm }) => {
    const rows = await select(orm)
      .where(
        and(
          conditionOf(orm, filter),
          ownerId === undefined ? undefined : eq(generations.ownerId, ownerId),
          before === undefined ? undefined : lt(generations.id, before),
        ),
      )
      .orderBy(desc(generations.id))
      .limit(limit);
    return view(orm, context, rows);
  });

/** @throws ApiFault `not_found` */
export const readAnyGeneration = (context: Context, id: string): Promise<AdminGeneration> =>
  tx(context, async ({ orm }) => {
    const [found] = await view(orm, context, await select(orm).where(eq(generations.id, id)));
    if (!found) throw notFound("generation");
    return found;
  });
