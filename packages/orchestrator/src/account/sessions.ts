/**
 * Sessions that their user has ended by signing out. Supabase's access tokens stay valid by themselves
 * until they expire, so Leo remembers until then which sign-ins are over.
 */
import { gt, lt, sql } from "drizzle-orm";
import type { Context, UserContext } from "../app-context.ts";
import { tx } from "../db/tx.ts";
import { endedSessions } from "../db/schema.ts";
import { USERS_CHANNEL } from "../events/append.ts";

export interface Session {
  /** Supabase's id of a sign-in; all its access tokens have the same. */
  id: string;
  /** How long each of its tokens is valid. */
  tokenMs: number;
}

/** Ends one of the user's sessions everywhere. Ending it again changes nothing. */
export const endSession = (context: UserContext, session: Session): Promise<void> =>
  tx(context, async ({ orm }) => {
    const { userId, now } = context;
    const endedAt = now();
    const expiresAt = new Date(endedAt.getTime() + session.tokenMs);
    await orm
      .insert(endedSessions)
      .values({ id: session.id, ownerId: userId, endedAt, expiresAt })
      .onConflictDoNothing();
    await orm.execute(sql`select pg_notify(${USERS_CHANNEL}, ${userId})`);
  });

export interface EndedSessions {
  /** As of the last `read`. */
  has(sessionId: string): boolean;
  /** Reads again which sessions are over, and forgets those whose tokens have all expired. */
  read(): Promise<void>;
}

/** What is known of ended sessions in this process. */
export const createEndedSessions = ({ database, now }: Pick<Context, "database" | "now">): EndedSessions => {
  let ended = new Set<string>();
  return {
    has: (sessionId) => ended.has(sessionId),
    read: async () => {
      const at = now();
      await database.orm.delete(endedSessions).where(lt(endedSessions.expiresAt, at));
      const rows = await database.orm
        .select({ id: endedSessions.id })
        .from(endedSessions)
        .where(gt(endedSessions.expiresAt, at));
      ended = new Set(rows.map(({ id }) => id));
    },
  };
};
