/** The record of what operators changed: who, what, on what, before and after, and by which request. */
import { desc, eq, lt, and } from "drizzle-orm";
import type { AdminAction, AuditEntry } from "@leo/core/admin.ts";
import { newId } from "@leo/core/id.ts";
import type { Context } from "../app-context.ts";
import { lockSql } from "../db/locks.ts";
import { afterCommit, tx } from "../db/tx.ts";
import type { Orm } from "../db/database.ts";
import { audit } from "../db/schema.ts";

export interface Actor {
  userId: string;
  email?: string;
  requestId: string;
}

export interface AuditedChange<T> {
  action: AdminAction;
  /** A user or a generation; absent for the platform. */
  targetId?: string;
  /** What is changed, as it stands. It joins the transaction, as `change` does. */
  read: () => Promise<T>;
  change: () => Promise<unknown>;
  /** What of it goes into the record. */
  record: (state: T) => unknown;
}

/**
 * Makes a change and its entry in one transaction: there is none without the other.
 * @returns what was changed, as it stands now
 */
export const audited = <T>(
  context: Context,
  actor: Actor,
  { action, targetId, read, change, record }: AuditedChange<T>,
): Promise<T> =>
  tx(
    context,
    async ({ orm }) => {
      const before = await read();
      await change();
      const after = await read();
      await orm.insert(audit).values({
        id: newId(),
        at: context.now(),
        actorId: actor.userId,
        actorEmail: actor.email,
        action,
        targetId,
        before: record(before),
        after: record(after),
        requestId: actor.requestId,
      });
      afterCommit(() => {
        context.log.info({ event: "admin_action", action, targetId }, "an operator changed something");
      });
      return after;
    },
    lockSql("audit"),
  );

export interface AuditFilter {
  targetId?: string;
  /** The last entry of the page before. */
  before?: string;
  limit: number;
}

/** @returns the newest entries first */
export const listAudit = async (
  orm: Orm,
  { targetId, before, limit }: AuditFilter,
): Promise<AuditEntry[]> => {
  const rows = await orm
    .select()
    .from(audit)
    .where(
      and(
        targetId === undefined ? undefined : eq(audit.targetId, targetId),
        before === undefined ? undefined : lt(audit.id, before),
      ),
    )
    .orderBy(desc(audit.id))
    .limit(limit);
  return rows.map(({ actorEmail, targetId: target, at, ...row }) => ({
    ...row,
    at: at.toISOString(),
    actorEmail: actorEmail ?? undefined,
    targetId: target ?? undefined,
  }));
};
