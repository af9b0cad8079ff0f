/** Advisory locks, on which all orchestrators of a database agree. Each ends with its transaction. */
import { escapeLiteral } from "pg";

/** Any fixed numbers; 501_301 is that of migrations (`database.ts`). */
const LOCKS = {
  /** Places are handed out by one at a time. The number is that of `submission` and not the same lock: it names nobody. */
  claim: 501_302,
  /** One submission of a user at a time. Taken first. */
  submission: 501_302,
  /** Money is set aside by one at a time, over all users. Taken last, and held until the commit. */
  platformDay: 501_303,
  /** One change of an operator at a time, so that `before` is what the change found. */
  audit: 501_305,
  /** A user's free attempts of a day are counted by one at a time. */
  freeAttempts: 501_306,
};

/**
 * SQL that waits for a lock, for `tx` and `asActor` to send along.
 * @param of whose lock it is, where each user has one
 */
export const lockSql = (lock: keyof typeof LOCKS, of?: string): string =>
  of === undefined
    ? `select pg_advisory_xact_lock(${LOCKS[lock]})`
    : `select pg_advisory_xact_lock(${LOCKS[lock]}, hashtext(${escapeLiteral(of)}))`;
