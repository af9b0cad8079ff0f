/**
 * The ledger: what runs may spend and have spent.
 *
 * Terms: an *entry* stands for one attempt. It is *open* while its *reservation*, the run's budget,
 * counts; *settled* once the attempt is over, and then what it cost counts. A *day* is a UTC day; all
 * entries of a generation are on the day of its request, so what was let in on a day can never pass
 * that day's limit later. A user is charged what an attempt cost, at most what was reserved, unless it
 * ended through a *fault* of the platform or of the model; the platform's own day counts the cost.
 *
 * Entries are written in the transaction that moves the generation. `repairLedger` makes good what
 * came about outside of that.
 */
import { and, eq, gt, gte, isNotNull, sql } from "drizzle-orm";
import type { AnyPgColumn } from "drizzle-orm/pg-core";
import type { Platform, Spend } from "@leo/core/account.ts";
import type { Fault } from "@leo/core/lifecycle.ts";
import type { Context } from "../app-context.ts";
import type { Orm } from "../db/database.ts";
import { lockSql } from "../db/locks.ts";
import { ledger } from "../db/schema.ts";

/** The UTC day of a time, as `YYYY-MM-DD`. */
export const dayOf = (at: Date) => at.toISOString().slice(0, 10);

/** When the UTC day of a time ends. */
export const endOfDay = (at: Date) => new Date(Date.parse(`${dayOf(at)}T00:00:00Z`) + 86_400_000);

export type Reservation = Pick<
  typeof ledger.$inferInsert,
  "generationId" | "attempt" | "ownerId" | "reservedUsd"
>;

/** Sets a budget aside. An attempt that has an entry keeps it. */
export const reserve = async (orm: Orm, reservation: Reservation, at: Date): Promise<void> => {
  await orm
    .insert(ledger)
    .values({ ...reservation, day: dayOf(at), reservedAt: at })
    .onConflictDoNothing();
};

/** An attempt with less left for it could not pay for one call of the model. */
const ATTEMPT_MIN_USD = 0.01;

interface Bill {
  /** Why the user does not pay for the attempt; undefined when they do. */
  fault?: Fault;
  /** What is charged leaves nothing for another attempt. */
  isSpent: boolean;
}

/**
 * What the present attempt costs its user if it is over now, in the transaction that ends it. Of attempts
 * that cost something, only so many a day are free, whatever the fault: the user's others are charged.
 */
export const billOf = async (
  orm: Orm,
  { generation, fault, at }: { generation: Attempted; fault?: Fault; at: Date },
  { LEO_FREE_ATTEMPTS_PER_DAY: freeMax }: Pick<Context["config"], "LEO_FREE_ATTEMPTS_PER_DAY">,
): Promise<Bill> => {
  const { rows } = await orm.execute<{ day: string; reserved: number; cost: number }>(sql`
    select l.day::text as day, l.reserved_usd::float8 as reserved, coalesce(a.cost_usd, 0)::float8 as cost
    from leo.ledger l
    left join leo.attempts a on a.generation_id = l.generation_id and a.number = l.attempt
    where l.generation_id = ${generation.id} and l.attempt = ${generation.attempt} and l.settled_at is null`);
  const [{ day, reserved, cost } = { day: dayOf(at), reserved: Infinity, cost: 0 }] = rows;
  if (fault && (cost === 0 || (await freeAttempts(orm, generation.ownerId, day)) < freeMax))
    return { fault, isSpent: false };
  return { isSpent: reserved - cost < ATTEMPT_MIN_USD };
};

type Attempted = { id: string; ownerId: string; attempt: number };

/** How many attempts of a user's day cost something and were free. Until the transaction ends, nobody adds one. */
const freeAttempts = async (orm: Orm, ownerId: string, day: string): Promise<number> => {
  await orm.execute(sql.raw(lockSql("freeAttempts", ownerId)));
  const [row] = await orm
    .select({ count: sql<number>`count(*)::int` })
    .from(ledger)
    .where(
      and(eq(ledger.ownerId, ownerId), eq(ledger.day, day), isNotNull(ledger.fault), gt(ledger.costUsd, 0)),
    );
  return row?.count ?? 0;
};

/**
 * Settles what is open of a generation. What is settled stays as it is.
 * @param fault why the user does not pay for it; see `billOf`
 */
export const settle = async (orm: Orm, generationId: string, at: Date, fault?: Fault): Promise<void> => {
  const free = fault ?? null;
  await orm.execute(sql`
    with spent as (
      select l.attempt, coalesce(a.cost_usd, 0) as cost_usd
      from leo.ledger l
      left join leo.attempts a on a.generation_id = l.generation_id and a.number = l.attempt
      where l.generation_id = ${generationId} and l.settled_at is null
    )
    update leo.ledger l
    set cost_usd = spent.cost_usd, settled_at = ${at.toISOString()}::timestamptz,
        fault = ${free}::text,
        charged_usd = case when ${free}::text is null then least(spent.cost_usd, l.reserved_usd) else 0 end
    from spent
    where l.generation_id = ${generationId} and l.attempt = spent.attempt and l.settled_at is null`);
};

/** The attempt is over and another one comes: it may spend what the user was not charged for yet. */
export const carryOver = async (
  orm: Orm,
  generationId: string,
  attempt: number,
  at: Date,
  fault?: Fault,
): Promise<void> => {
  await settle(orm, generationId, at, fault);
  await orm.execute(sql`
    insert into leo.ledger (generation_id, attempt, owner_id, day, reserved_usd, reserved_at)
    select generation_id, attempt + 1, owner_id, day, reserved_usd - charged_usd, ${at.toISOString()}::timestamptz
    from leo.ledger where generation_id = ${generationId} and attempt = ${attempt}
    on conflict do nothing`);
};

/** What an attempt may spend, in USD. */
export const budgetOf = async (
  { config, database }: Pick<Context, "config" | "database">,
  generationId: string,
  attempt: number,
): Promise<number> => {
  const [entry] = await database.orm
    .select({ reservedUsd: ledger.reservedUsd })
    .from(ledger)
    .where(and(eq(ledger.generationId, generationId), eq(ledger.attempt, attempt)));
  return entry?.reservedUsd ?? config.LEO_GENERATION_BUDGET_USD;
};

const RESERVED = sql<number>`coalesce(sum(${ledger.reservedUsd}) filter (where ${ledger.settledAt} is null), 0)::float8`;
const CHARGED = sql<number>`coalesce(sum(${ledger.chargedUsd}), 0)::float8`;
const COST = sql<number>`coalesce(sum(${ledger.costUsd}), 0)::float8`;
const GENERATIONS = sql<number>`count(distinct ${ledger.generationId})::int`;
const NOTHING: Spend = { spentUsd: 0, reservedUsd: 0, generations: 0 };

/**
 * What the user is charged for a generation, in USD: for an attempt at work, if it ended now.
 * @param generationId a column of the query that this is a part of
 */
export const chargedFor = (generationId: AnyPgColumn) => sql<number>`(
  select coalesce(sum(coalesce(l.charged_usd, least(coalesce(a.cost_usd, 0), l.reserved_usd))), 0)::float8
  from leo.ledger l left join leo.attempts a on a.generation_id = l.generation_id and a.number = l.attempt
  where l.generation_id = ${generationId})`;

/** A user's day. */
export const userDay = async (orm: Orm, ownerId: string, at: Date): Promise<Spend> => {
  const [row = NOTHING] = await orm
    .select({ spentUsd: CHARGED, reservedUsd: RESERVED, generations: GENERATIONS })
    .from(ledger)
    .where(and(eq(ledger.ownerId, ownerId), eq(ledger.day, dayOf(at))));
  return row;
};

/** The day of all users. `spentUsd` is what the model cost, whoever pays; `chargedUsd` is what users do. */
export const platformDay = async (orm: Orm, at: Date): Promise<Platform["today"]> => {
  const [row = { ...NOTHING, chargedUsd: 0 }] = await orm
    .select({ spentUsd: COST, chargedUsd: CHARGED, reservedUsd: RESERVED, generations: GENERATIONS })
    .from(ledger)
    .where(eq(ledger.day, dayOf(at)));
  return row;
};

/** What a day has held so far: one user's, everybody's, and the operator's limit on the latter if there is one. */
export interface DaySums {
  user: Spend;
  /** `spentUsd` is what the model cost, whoever pays. */
  platform: Spend;
  platformBudgetUsd: number | null;
}

/** Both days in one look, for who holds the lock on the platform's. */
export const daySums = async (orm: Orm, ownerId: string, at: Date): Promise<DaySums> => {
  const isUsers = sql`owner_id = ${ownerId}`;
  const { rows } = await orm.execute<
    Record<keyof Spend | `all_${keyof Spend}`, number> & { budget: number | null }
  >(sql`
    select coalesce(sum(charged_usd) filter (where ${isUsers}), 0)::float8 as "spentUsd",
           coalesce(sum(reserved_usd) filter (where ${isUsers} and settled_at is null), 0)::float8 as "reservedUsd",
           count(distinct generation_id) filter (where ${isUsers})::int as generations,
           coalesce(sum(cost_usd), 0)::float8 as "all_spentUsd",
           coalesce(sum(reserved_usd) filter (where settled_at is null), 0)::float8 as "all_reservedUsd",
           count(distinct generation_id)::int as all_generations,
           (select day_budget_usd::float8 from leo.platform_settings) as budget
    from leo.ledger where day = ${dayOf(at)}`);
  const [row] = rows;
  if (!row) return { user: NOTHING, platform: NOTHING, platformBudgetUsd: null };
  const { spentUsd, reservedUsd, generations, all_spentUsd, all_reservedUsd, all_generations, budget } = row;
  return {
    user: { spentUsd, reservedUsd, generations },
    platform: { spentUsd: all_spentUsd, reservedUsd: all_reservedUsd, generations: all_generations },
    platformBudgetUsd: budget,
  };
};

/** A user's last days, today included, the first of them first. Days without a request are there too. */
export const userDays = async (
  orm: Orm,
  ownerId: string,
  at: Date,
  count: number,
): Promise<{ day: string; usd: number; generations: number }[]> => {
  const days = Array.from({ length: count }, (_, index) =>
    dayOf(new Date(at.getTime() - (count - 1 - index) * 86_400_000)),
  );
  const rows = await orm
    .select({ day: ledger.day, usd: CHARGED, generations: GENERATIONS })
    .from(ledger)
    .where(and(eq(ledger.ownerId, ownerId), gte(ledger.day, days[0] ?? dayOf(at))))
    .groupBy(ledger.day);
  const byDay = new Map(rows.map((row) => [row.day, row]));
  return days.map((day) => byDay.get(day) ?? { day, usd: 0, generations: 0 });
};

/**
 * Makes good what no transaction of Leo's leaves behind, such as rows that were restored or changed
 * by hand: open entries whose generation is over or gone, and generations at work without an entry.
 * @returns how many entries it settled and made
 */
export const repairLedger = async ({ config, database, now }: Context): Promise<number> => {
  const at = now();
  const ended = await database.orm.execute<{ id: string }>(sql`
    select distinct l.generation_id as id
    from leo.ledger l left join leo.generations g on g.id = l.generation_id
    where l.settled_at is null and (g.id is null or g.finished_at is not null)`);
  // Nothing is left of what ended them, so what they used is charged.
  for (const { id } of ended.rows) await settle(database.orm, id, at);
  const made = await database.orm.execute(sql`
    insert into leo.ledger (generation_id, attempt, owner_id, day, reserved_usd, reserved_at)
    select g.id, open.attempt, g.owner_id, (g.created_at at time zone 'UTC')::date, ${config.LEO_GENERATION_BUDGET_USD}, ${at.toISOString()}::timestamptz
    from leo.generations g
    cross join lateral (select case when g.state = 'queued' then g.attempt + 1 else g.attempt end as attempt) open
    where g.finished_at is null
      and not exists (select 1 from leo.ledger l where l.generation_id = g.id and l.attempt = open.attempt)
    on conflict do nothing`);
  return ended.rows.length + (made.rowCount ?? 0);
};
