/** Generations as their owner sees them. A deleted app's generations are nobody's. */
import { and, desc, eq, inArray, isNull, sql, type SQL } from "drizzle-orm";
import type { Generation } from "@leo/core/generation.ts";
import type { UserContext } from "../app-context.ts";
import { tx } from "../db/tx.ts";
import type { Orm } from "../db/database.ts";
import { apps, generations } from "../db/schema.ts";
import type { AppRow } from "../app/app.ts";
import { notFound } from "../fault.ts";
import { chargedFor } from "../limits/ledger.ts";
import { ownerToken, previewLink } from "../preview/link.ts";
import { queuePositions, type QueuePlace } from "./queue-position.ts";

/** Long requests are cut: a list of versions names them, the conversation has them whole. */
const ADDED_MAX_CHARS = 500;

const ADDED_REQUESTS = sql<string[] | null>`(
  select json_agg(left(m.text, ${ADDED_MAX_CHARS}) order by m.created_at, m.id)
  from leo.user_messages m
  where m.generation_id = ${generations.id} and m.delivered_attempt is not null and m.returned_at is null)`;

/** The manifest itself may be large, so only what a view needs of it is read. */
const VIEW = {
  id: generations.id,
  appId: generations.appId,
  previewKey: apps.previewKey,
  prompt: generations.prompt,
  mode: generations.mode,
  state: generations.state,
  attempt: generations.attempt,
  cancelRequestedAt: generations.cancelRequestedAt,
  baseGenerationId: generations.baseGenerationId,
  continuesId: generations.continuesId,
  copiedFromId: generations.copiedFromId,
  costUsd: generations.costUsd,
  chargedUsd: chargedFor(generations.id),
  addedRequests: ADDED_REQUESTS,
  failure: generations.failure,
  lastSeq: generations.lastSeq,
  createdAt: generations.createdAt,
  startedAt: generations.startedAt,
  finishedAt: generations.finishedAt,
  hasScreenshot: sql<boolean>`${generations.manifest} ->> 'screenshot' is not null`,
  hasDraft: sql<boolean>`${generations.state} in ('failed', 'cancelled') and coalesce(jsonb_array_length(${generations.manifest} -> 'source'), 0) > 0`,
  hasPreview: sql<boolean>`${generations.state} in ('completed', 'failed', 'cancelled') and coalesce(jsonb_array_length(${generations.manifest} -> 'dist'), 0) > 0`,
};

const select = (orm: Orm, condition: SQL | undefined) =>
  orm
    .select(VIEW)
    .from(generations)
    .innerJoin(apps, and(eq(apps.id, generations.appId), isNull(apps.deletedAt)))
    .where(condition)
    .$dynamic();

export type GenerationRow = Awaited<ReturnType<typeof select>>[number];

/** One that has just entered the queue: nothing was spent on it and it has left nothing. */
export const queuedRow = (
  inserted: typeof generations.$inferSelect,
  { previewKey }: Pick<AppRow, "previewKey">,
): GenerationRow => ({
  ...inserted,
  previewKey,
  chargedUsd: 0,
  addedRequests: null,
  hasScreenshot: false,
  hasDraft: false,
  hasPreview: false,
});

/** @throws ApiFault `not_found` when there is none or it is another user's */
export const findGeneration = async (orm: Orm, ownerId: string, id: string): Promise<GenerationRow> => {
  const [row] = await select(orm, and(eq(generations.id, id), eq(generations.ownerId, ownerId)));
  if (!row) throw notFound("generation");
  return row;
};

/** The same in a transaction of its own. */
export const readGeneration = (context: UserContext, id: string): Promise<GenerationRow> =>
  tx(context, ({ orm }) => findGeneration(orm, context.userId, id));

/** All generations of an app, newest first. The caller has checked whose app it is. */
export const generationsOf = (orm: Orm, appId: string): Promise<GenerationRow[]> =>
  select(orm, eq(generations.appId, appId)).orderBy(desc(generations.createdAt), desc(generations.id));

/** The newest generation of each app, by app id; with `completed`, the newest that is one. */
export const newestOf = async (
  orm: Orm,
  appIds: string[],
  completed = false,
): Promise<Map<string, GenerationRow>> => {
  const rows = await orm
    .selectDistinctOn([generations.appId], VIEW)
    .from(generations)
    .innerJoin(apps, eq(apps.id, generations.appId))
    .where(
      and(inArray(generations.appId, appIds), completed ? eq(generations.state, "completed") : undefined),
    )
    .orderBy(generations.appId, desc(generations.createdAt), desc(generations.id));
  return new Map(rows.map((row) => [row.appId, row]));
};

const iso = (date: Date | null) => date?.toISOString();

/** What the API says of a row. `place` is given for a queued one. */
const viewRow = (template: string, row: GenerationRow, place?: QueuePlace): Generation => ({
  id: row.id,
  appId: row.appId,
  prompt: row.prompt,
  mode: row.mode,
  state: row.state,
  attempt: row.attempt,
  cancelRequestedAt: iso(row.cancelRequestedAt),
  queuePosition: place?.position,
  estimatedStartAt: place?.estimatedStartAt?.toISOString(),
  waiting: place?.waiting,
  baseGenerationId: row.baseGenerationId ?? undefined,
  copiedFromId: row.copiedFromId ?? undefined,
  costUsd: row.costUsd,
  chargedUsd: row.chargedUsd,
  failure: row.failure ?? undefined,
  previewUrl: row.hasPreview ? previewLink(template, row.id, ownerToken(row.previewKey, row.id)) : undefined,
  ...(row.hasDraft ? { hasDraft: true } : {}),
  addedRequests: row.addedRequests ?? undefined,
  lastSeq: row.lastSeq,
  createdAt: row.createdAt.toISOString(),
  startedAt: iso(row.startedAt),
  finishedAt: iso(row.finishedAt),
});

/** Views of several rows of a user; the queue is asked only when one of them waits in it. */
export const viewGenerations = async (context: UserContext, rows: GenerationRow[]): Promise<Generation[]> => {
  const { config, userId } = context;
  const waiting = rows.some((row) => row.state === "queued");
  const places = waiting ? await queuePositions(context, userId) : new Map<string, QueuePlace>();
  return rows.map((row) =>
    viewRow(config.LEO_PREVIEW_URL_TEMPLATE, row, row.state === "queued" ? places.get(row.id) : undefined),
  );
};

export const viewOne = async (context: UserContext, row: GenerationRow): Promise<Generation> => {
  const [view] = await viewGenerations(context, [row]);
  if (!view) throw new Error(`no view of generation ${row.id}`);
  return view;
};

/** One of the user's generations, as the API shows it. @throws ApiFault `not_found` */
export const viewGeneration = (context: UserContext, id: string): Promise<Generation> =>
  tx(context, async ({ orm }) => viewOne(context, await findGeneration(orm, context.userId, id)));
