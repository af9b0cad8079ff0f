/** Tasks that no attempt owned, on record for the operator. */
import { desc, gte, sql } from "drizzle-orm";
import type { Orphan } from "@leo/core/admin.ts";
import type { Context } from "../app-context.ts";
import type { Orm } from "../db/database.ts";
import { orphans } from "../db/schema.ts";

/**
 * Records that one was found, and later that it was stopped. What is known of it stays.
 * @returns whether nobody had recorded it before
 */
export const noteOrphan = async (
  { database, now }: Pick<Context, "database" | "now">,
  orphan: { taskArn: string; startedBy?: string; stoppedAt?: Date },
): Promise<boolean> => {
  const { stoppedAt = null } = orphan;
  const [row] = await database.orm
    .insert(orphans)
    .values({ ...orphan, foundAt: now() })
    .onConflictDoUpdate({
      target: orphans.taskArn,
      set: {
        stoppedAt: sql`coalesce(${orphans.stoppedAt}, ${stoppedAt?.toISOString() ?? null}::timestamptz)`,
      },
    })
    // A row that an update made has the transaction that ended the one before.
    .returning({ isNew: sql<boolean>`xmax = 0` });
  return row?.isNew ?? false;
};

/** @returns the newest ones, at most `limit` */
export const listOrphans = async (orm: Orm, limit: number): Promise<Orphan[]> => {
  const rows = await orm.select().from(orphans).orderBy(desc(orphans.foundAt)).limit(limit);
  return rows.map(({ taskArn, startedBy, foundAt, stoppedAt }) => ({
    taskArn,
    startedBy: startedBy ?? undefined,
    foundAt: foundAt.toISOString(),
    stoppedAt: stoppedAt?.toISOString(),
  }));
};

/** How many were found since, and how many of them were stopped. */
export const countOrphans = async (orm: Orm, since: Date): Promise<{ found: number; stopped: number }> => {
  const [counts] = await orm
    .select({
      found: sql<number>`count(*)::int`,
      stopped: sql<number>`count(${orphans.stoppedAt})::int`,
    })
    .from(orphans)
    .where(gte(orphans.foundAt, since));
  return counts ?? { found: 0, stopped: 0 };
};
