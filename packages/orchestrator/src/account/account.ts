/** People as the service knows them: who came, which limits are their own, who is suspended. */
import { and, desc, eq, ilike, isNotNull, or, sql } from "drizzle-orm";
import type { ChangeUserLimits, UserLimits, UserRecord } from "@leo/core/account.ts";
import { Id } from "@leo/core/id.ts";
import type { Config } from "../config.ts";
import type { Context } from "../app-context.ts";
import { tx, useTx } from "../db/tx.ts";
import type { Orm } from "../db/database.ts";
import { users } from "../db/schema.ts";
import { USERS_CHANNEL } from "../events/append.ts";
import { notFound } from "../fault.ts";
import { dayOf } from "../limits/ledger.ts";

type Parts = Pick<Context, "config" | "database" | "log" | "now">;
export type UserRow = typeof users.$inferSelect;

/** The limits that hold for everybody who has none of their own. */
export const settingLimits = (config: Config): UserLimits => ({
  runningPerUser: config.LEO_RUNNING_PER_USER,
  queuedPerUser: config.LEO_QUEUED_PER_USER,
  generationsPerDay: config.LEO_GENERATIONS_PER_DAY,
  generationBudgetUsd: config.LEO_GENERATION_BUDGET_USD,
  dayBudgetUsd: config.LEO_USER_DAY_BUDGET_USD,
});

/** A user's own limits, where there are any. */
const ownLimits = (row: UserRow | undefined): Partial<UserLimits> => {
  if (!row) return {};
  const { runningPerUser, queuedPerUser, generationsPerDay, generationBudgetUsd, dayBudgetUsd } = row;
  const own = { runningPerUser, queuedPerUser, generationsPerDay, generationBudgetUsd, dayBudgetUsd };
  return Object.fromEntries(Object.entries(own).filter(([, limit]) => limit !== null));
};

/** What holds for a user. */
export const effectiveLimits = (config: Config, row: UserRow | undefined): UserLimits => ({
  ...settingLimits(config),
  ...ownLimits(row),
});

export const findUser = async (orm: Orm, userId: string): Promise<UserRow | undefined> => {
  const [row] = await orm.select().from(users).where(eq(users.id, userId));
  return row;
};

/** Notes that a user is here, on first sight with a new row. */
export const seeUser = async (
  { database, now }: Pick<Context, "database" | "now">,
  { userId, email }: { userId: string; email?: string },
): Promise<UserRow> => {
  const at = now();
  const [row] = await database.orm
    .insert(users)
    .values({ id: userId, email, firstSeenAt: at, lastSeenAt: at })
    .onConflictDoUpdate({
      target: users.id,
      set: { lastSeenAt: at, email: sql`coalesce(excluded.email, ${users.email})` },
    })
    .returning();
  if (!row) throw new Error(`no row of user ${userId}`);
  return row;
};

/** Changes a user's row, makes one for somebody who never came, and tells every orchestrator. */
const change = async (
  context: Parts,
  userId: string,
  values: Partial<typeof users.$inferInsert>,
): Promise<void> => {
  const at = context.now();
  await tx(context, async ({ orm }) => {
    await orm
      .insert(users)
      .values({ id: userId, firstSeenAt: at, lastSeenAt: at, ...values })
      .onConflictDoUpdate({ target: users.id, set: { id: userId, ...values } });
    await orm.execute(sql`select pg_notify(${USERS_CHANNEL}, ${userId})`);
  });
};

/** Gives a user limits of their own, or takes them back with `null`. Holds from the next request on. */
export const setUserLimits = async (
  context: Parts,
  userId: string,
  limits: ChangeUserLimits,
): Promise<UserRecord> => {
  await change(context, userId, limits);
  return readUser(context, userId);
};

/**
 * Takes nothing more from a user, starts nothing of theirs and closes their sockets. What runs goes on
 * and what they have can be read.
 * @param reason a sentence that the user is told
 */
export const suspendUser = async (context: Parts, userId: string, reason: string): Promise<UserRecord> => {
  await change(context, userId, { suspendedAt: context.now(), suspendedReason: reason });
  return readUser(context, userId);
};

export const resumeUser = async (context: Parts, userId: string): Promise<UserRecord> => {
  await change(context, userId, { suspendedAt: null, suspendedReason: null });
  return readUser(context, userId);
};

interface Counts extends Record<string, unknown> {
  id: string;
  running: number;
  queued: number;
  spentUsd: number;
  reservedUsd: number;
  generations: number;
}

/** What users have at work, and their day. Within a transaction. */
const countsOf = async (ids: string[], at: Date): Promise<Map<string, Counts>> => {
  if (ids.length === 0) return new Map();
  const { rows } = await useTx().orm.execute<Counts>(sql`
    select u.id, at_work.*, today.* from unnest(${sql.param(ids)}::uuid[]) as u(id)
    cross join lateral (
      select count(*) filter (where state = 'queued')::int as queued,
             count(*) filter (where state <> 'queued')::int as running
      from leo.generations where owner_id = u.id and finished_at is null
    ) at_work
    cross join lateral (
      select coalesce(sum(charged_usd), 0)::float8 as "spentUsd",
             coalesce(sum(reserved_usd) filter (where settled_at is null), 0)::float8 as "reservedUsd",
             count(distinct generation_id)::int as generations
      from leo.ledger where owner_id = u.id and day = ${dayOf(at)}
    ) today`);
  return new Map(rows.map((row) => [row.id, row]));
};

/** Within a transaction. */
const viewUsers = async (context: Parts, rows: UserRow[]): Promise<UserRecord[]> => {
  const counts = await countsOf(
    rows.map(({ id }) => id),
    context.now(),
  );
  return rows.map((row) => {
    const {
      running = 0,
      queued = 0,
      spentUsd = 0,
      reservedUsd = 0,
      generations = 0,
    } = counts.get(row.id) ?? {};
    return {
      id: row.id,
      email: row.email ?? undefined,
      firstSeenAt: row.firstSeenAt.toISOString(),
      lastSeenAt: row.lastSeenAt.toISOString(),
      suspended:
        row.suspendedAt && row.suspendedReason !== null
          ? { at: row.suspendedAt.toISOString(), reason: row.suspendedReason }
          : undefined,
      limits: effectiveLimits(context.config, row),
      own: Object.keys(ownLimits(row)) as UserRecord["own"],
      running,
      queued,
      today: { spentUsd, reservedUsd, generations },
    };
  });
};

/** @throws ApiFault `not_found` for somebody whom Leo has never seen */
export const readUser = (context: Parts, userId: string): Promise<UserRecord> =>
  tx(context, async ({ orm }) => {
    const row = await findUser(orm, userId);
    const [view] = row ? await viewUsers(context, [row]) : [];
    if (!view) throw notFound("user");
    return view;
  });

export interface UserFilter {
  /** A part of the e-mail address, or a whole id. */
  search?: string;
  suspended?: boolean;
  /** `lastSeenAt` and id of the last user of the page before. */
  after?: { lastSeenAt: string; id: string };
  limit: number;
}

const escapeLike = (text: string) => text.replaceAll(/[\\%_]/g, String.raw`\$&`);

/** Users with their limits and their day, the last seen first. */
export const listUsers = async (
  context: Parts,
  { search, suspended, after, limit }: UserFilter,
): Promise<UserRecord[]> => {
  const matches =
    search &&
    or(
      ilike(users.email, `%${escapeLike(search)}%`),
      Id.safeParse(search).success ? eq(users.id, search) : undefined,
    );
  const before =
    after && sql`(${users.lastSeenAt}, ${users.id}) < (${after.lastSeenAt}::timestamptz, ${after.id}::uuid)`;
  return tx(context, async ({ orm }) => {
    const rows = await orm
      .select()
      .from(users)
      .where(and(matches || undefined, suspended ? isNotNull(users.suspendedAt) : undefined, before))
      .orderBy(desc(users.lastSeenAt), desc(users.id))
      .limit(limit);
    return viewUsers(context, rows);
  });
};
