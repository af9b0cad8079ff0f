/** Users' rows near at hand, for what is asked on every request. */
import type { Context } from "../app-context.ts";
import { seeUser, type UserRow } from "./account.ts";

/** A change is told by NOTIFY; where that was lost, it is seen after this. */
const FRESH_MS = 30_000;
const MAX_ACCOUNTS = 10_000;

export interface Accounts {
  /** The user's row, at most half a minute old; made on first sight. */
  of(user: { userId: string; email?: string }): Promise<UserRow>;
  /** The row has changed. */
  forget(userId: string): void;
  /** Any of them may have changed. */
  forgetAll(): void;
}

export const createAccounts = (context: Pick<Context, "database" | "now">): Accounts => {
  const known = new Map<string, { row: Promise<UserRow>; untilMs: number }>();

  const read = (user: { userId: string; email?: string }) => {
    const row = seeUser(context, user);
    known.delete(user.userId);
    const [oldest] = known.keys();
    if (oldest !== undefined && known.size >= MAX_ACCOUNTS) known.delete(oldest);
    known.set(user.userId, { row, untilMs: context.now().getTime() + FRESH_MS });
    // What could not be read is asked again.
    row.catch(() => known.delete(user.userId));
    return row;
  };

  return {
    of: (user) => {
      const entry = known.get(user.userId);
      return entry && entry.untilMs > context.now().getTime() ? entry.row : read(user);
    },
    forget: (userId) => void known.delete(userId),
    forgetAll: () => known.clear(),
  };
};
