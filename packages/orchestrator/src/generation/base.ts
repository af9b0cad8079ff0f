/**
 * What a run continues from: a version, or the draft that a failed or cancelled run has left. Work is
 * never lost, so the newest of both is the default.
 */
import { and, desc, eq, gt, or, sql, type SQL } from "drizzle-orm";
import type { Config } from "../config.ts";
import type { Orm } from "../db/database.ts";
import { generations } from "../db/schema.ts";
import { findGeneration } from "./view.ts";
import { ApiFault, notFound } from "../fault.ts";

/** A run that never got a machine has left nothing. */
const mayBeContinued = (): SQL | undefined =>
  or(
    eq(generations.state, "completed"),
    and(sql`${generations.state} in ('failed', 'cancelled')`, gt(generations.attempt, 0)),
  );

/** @returns the id of the app's newest version; undefined when it has none */
export const newestVersion = async (orm: Orm, appId: string): Promise<string | undefined> => {
  const [newest] = await orm
    .select({ id: generations.id })
    .from(generations)
    .where(and(eq(generations.appId, appId), eq(generations.state, "completed")))
    .orderBy(desc(generations.createdAt), desc(generations.id))
    .limit(1);
  return newest?.id;
};

/** @returns the id of the app's newest version or draft; undefined when there is neither */
export const newestBase = async (orm: Orm, appId: string): Promise<string | undefined> => {
  const [newest] = await orm
    .select({ id: generations.id })
    .from(generations)
    .where(and(eq(generations.appId, appId), mayBeContinued()))
    .orderBy(desc(generations.createdAt), desc(generations.id))
    .limit(1);
  return newest?.id;
};

/**
 * The newest answer in words that was given about a base, whose conversation a run on that base continues.
 * @param base the version or draft; undefined for an app that has neither yet
 * @returns the answer's id; undefined when there is none, or something newer came after it
 */
export const newestAnswer = async (orm: Orm, appId: string, base: string | undefined) => {
  const [newest] = await orm
    .select({ id: generations.id, baseGenerationId: generations.baseGenerationId })
    .from(generations)
    .where(and(eq(generations.appId, appId), eq(generations.state, "answered")))
    .orderBy(desc(generations.createdAt), desc(generations.id))
    .limit(1);
  return newest && newest.baseGenerationId === (base ?? null) ? newest.id : undefined;
};

/**
 * The version or draft that somebody chose.
 * @throws ApiFault `not_found` when it is not one of the app; `conflict` when its run has not ended
 */
export const chosenBase = async (orm: Orm, ownerId: string, appId: string, id: string): Promise<string> => {
  const row = await findGeneration(orm, ownerId, id);
  if (row.appId !== appId) throw notFound("generation");
  if (row.state === "completed" || row.hasDraft) return row.id;
  throw new ApiFault("conflict", "This run left no files to continue from. Choose a version or a draft.");
};

/** @throws ApiFault `conflict` when the files of the base have expired: nothing can build on them */
export const rejectExpired = async (
  orm: Orm,
  config: Pick<Config, "LEO_RETENTION_DAYS">,
  baseGenerationId: string | undefined,
): Promise<void> => {
  if (!baseGenerationId) return;
  const [base] = await orm
    .select({ purgedAt: generations.purgedAt })
    .from(generations)
    .where(eq(generations.id, baseGenerationId));
  if (!base?.purgedAt) return;
  throw new ApiFault(
    "conflict",
    `The files of this version were kept for ${config.LEO_RETENTION_DAYS} days and are gone. Start over, or make a new app from the same request.`,
  );
};
