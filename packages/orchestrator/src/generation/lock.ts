import { eq } from "drizzle-orm";
import type { Orm } from "../db/database.ts";
import { generations } from "../db/schema.ts";

export type LockedGeneration = Pick<
  typeof generations.$inferSelect,
  "state" | "attempt" | "cancelRequestedAt" | "lastSeq" | "eventBytes"
>;

/**
 * Locks a generation for the rest of the transaction. Every transaction that touches an attempt and
 * its generation calls this first: with one order of locks there are no deadlocks.
 */
export const lockGeneration = async (
  orm: Orm,
  generationId: string,
): Promise<LockedGeneration | undefined> => {
  const [row] = await orm
    .select({
      state: generations.state,
      attempt: generations.attempt,
      cancelRequestedAt: generations.cancelRequestedAt,
      lastSeq: generations.lastSeq,
      eventBytes: generations.eventBytes,
    })
    .from(generations)
    .where(eq(generations.id, generationId))
    .for("update");
  return row;
};
