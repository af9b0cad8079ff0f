/**
 * Whether a request may enter the queue. Runs in the transaction of the submission, which holds the
 * user's lock; money is counted under the lock of the platform's day, which every submission takes
 * last and holds until its reservation is committed. So no two of them see the same room, whatever
 * orchestrator they came to.
 */
import { and, eq, sql } from "drizzle-orm";
import { alias } from "drizzle-orm/pg-core";
import type { Spend, UserLimits } from "@leo/core/account.ts";
import { formatUsd } from "@leo/core/money.ts";
import type { UserContext } from "../app-context.ts";
import type { Orm } from "../db/database.ts";
import { lockSql } from "../db/locks.ts";
import { useTx } from "../db/tx.ts";
import { apps, generations, platformSettings, users } from "../db/schema.ts";
import { effectiveLimits } from "../account/account.ts";
import { ApiFault } from "../fault.ts";
import { daySums, endOfDay, reserve } from "../limits/ledger.ts";
import { limitFault, timeInWords } from "../limits/limit-fault.ts";
import { queuePositions } from "./queue-position.ts";
import type { PlatformSettings } from "../limits/platform.ts";

const earlier = alias(generations, "earlier");
/** Nobody knows when an operator opens the intake again: ask then. */
const INTAKE_RETRY_SECONDS = 300;

export const refuseSuspended = (user: { suspendedReason: string | null } | undefined): void => {
  if (user?.suspendedReason == null) return;
  throw new ApiFault(
    "forbidden",
    `Your account is suspended. ${user.suspendedReason} You can still view and download your apps.`,
  );
};

const refuseClosedIntake = ({
  intakeOpen,
  intakeMessage,
}: Pick<PlatformSettings, "intakeOpen" | "intakeMessage">): void => {
  if (intakeOpen) return;
  const message =
    intakeMessage ?? "Leo isn't accepting new requests right now. Current runs continue. Try again later.";
  throw new ApiFault("unavailable", message, undefined, undefined, INTAKE_RETRY_SECONDS);
};

/** The refusal, with the time at which the first of the user's requests is expected to start. */
const queueFull = async (context: UserContext, queued: number, max: number): Promise<ApiFault> => {
  const details = { limit: "queued_per_user", max, current: queued } as const;
  const said = `You have ${queued} requests in the queue, the limit is ${max}.`;
  const places = [...(await queuePositions(context, context.userId)).values()];
  const now = context.now();
  const starts = places.flatMap(({ estimatedStartAt }) => estimatedStartAt?.getTime() ?? []);
  if (starts.length === 0) return limitFault("limit_reached", `${said} Cancel one to send another.`, details);
  const freesAt = new Date(Math.max(Math.min(...starts), now.getTime()));
  return limitFault(
    "limit_reached",
    `${said} The next is expected to start ${timeInWords(freesAt, now)}; or cancel one.`,
    details,
    { freesAt, now },
  );
};

/** Whether the day has room for one more budget, in whole millionths: sums of fractions are not exact. */
const hasRoom = ({ spentUsd, reservedUsd }: Spend, budgetUsd: number, maxUsd: number) =>
  Math.round((spentUsd + reservedUsd + budgetUsd) * 1e6) <= Math.round(maxUsd * 1e6);

const refuseFullDay = ({ limits, day, at }: { limits: UserLimits; day: Spend; at: Date }): void => {
  const times = { freesAt: endOfDay(at), now: at };
  const when = timeInWords(times.freesAt, at);
  const { generationsPerDay, dayBudgetUsd, generationBudgetUsd } = limits;
  if (day.generations >= generationsPerDay)
    throw limitFault(
      "limit_reached",
      `You have sent ${day.generations} requests today; the limit is ${generationsPerDay} a day. The next day begins ${when}.`,
      { limit: "generations_per_day", max: generationsPerDay, current: day.generations },
      times,
    );
  if (hasRoom(day, generationBudgetUsd, dayBudgetUsd)) return;
  throw limitFault(
    "limit_reached",
    `Your limit is ${formatUsd(dayBudgetUsd)} a day. You've spent ${formatUsd(day.spentUsd)}, ${formatUsd(day.reservedUsd)} is set aside for runs that haven't ended, and a run may cost up to ${formatUsd(generationBudgetUsd)}. The next day begins ${when}${day.reservedUsd > 0 ? "; whatever a run doesn't use is freed when it ends" : ""}.`,
    { limit: "usd_per_user_day", max: dayBudgetUsd, current: day.spentUsd + day.reservedUsd },
    times,
  );
};

const refuseFullPlatform = (day: Spend, dayBudgetUsd: number, budgetUsd: number, at: Date): void => {
  if (hasRoom(day, budgetUsd, dayBudgetUsd)) return;
  const times = { freesAt: endOfDay(at), now: at };
  throw limitFault(
    "limit_reached",
    `All users together have reached today's limit of ${formatUsd(dayBudgetUsd)}. The next day begins ${timeInWords(times.freesAt, at)}.`,
    { limit: "usd_per_platform_day", max: dayBudgetUsd, current: day.spentUsd + day.reservedUsd },
    times,
  );
};

/** What a request finds at the door. */
interface Door {
  user: typeof users.$inferSelect | null;
  settings: Pick<PlatformSettings, "intakeOpen" | "intakeMessage"> | null;
  queued: number;
  /** What was made with the same key before. */
  earlier: { id: string; requestHash: string | null } | null;
  earlierApp: { deletedAt: Date | null } | null;
}

const HERE = sql`(select 1) as here`;

/** All of it in one look, under the user's lock. */
export const lookAtTheDoor = async (orm: Orm, ownerId: string, key: string | undefined): Promise<Door> => {
  const isQueued = and(eq(generations.ownerId, ownerId), sql`${generations.state} = 'queued'`);
  const isEarlier =
    key === undefined ? sql`false` : and(eq(earlier.ownerId, ownerId), eq(earlier.idempotencyKey, key));
  const [door] = await orm
    .select({
      user: users,
      settings: {
        intakeOpen: platformSettings.intakeOpen,
        intakeMessage: platformSettings.intakeMessage,
      },
      queued: sql<number>`(select count(*)::int from ${generations} where ${isQueued})`,
      earlier: { id: earlier.id, requestHash: earlier.requestHash },
      earlierApp: { deletedAt: apps.deletedAt },
    })
    .from(HERE)
    .leftJoin(users, eq(users.id, ownerId))
    .leftJoin(platformSettings, sql`true`)
    .leftJoin(earlier, isEarlier)
    .leftJoin(apps, eq(apps.id, earlier.appId));
  if (!door) throw new Error("the door's one row is missing");
  return door;
};

/**
 * The checks that come before anything is written.
 * @returns what holds for the user
 * @throws ApiFault `forbidden`, `unavailable` or `limit_reached`
 */
export const rejectAtTheDoor = async (
  context: UserContext,
  { user, settings, queued }: Door,
): Promise<UserLimits> => {
  refuseSuspended(user ?? undefined);
  const limits = effectiveLimits(context.config, user ?? undefined);
  if (settings) refuseClosedIntake(settings);
  if (queued >= limits.queuedPerUser) throw await queueFull(context, queued, limits.queuedPerUser);
  return limits;
};

/**
 * Sets the run's budget aside, as Leo, if the user's and the platform's day have room for it.
 * @throws ApiFault `limit_reached`
 */
export const reserveBudget = async (
  { config }: Pick<UserContext, "config">,
  { id: generationId, ownerId }: { id: string; ownerId: string },
  limits: UserLimits,
  at: Date,
): Promise<void> => {
  const { orm } = useTx();
  const reservedUsd = limits.generationBudgetUsd;
  await orm.execute(sql.raw(lockSql("platformDay")));
  const { user, platform, platformBudgetUsd } = await daySums(orm, ownerId, at);
  refuseFullDay({ limits, day: user, at });
  refuseFullPlatform(platform, platformBudgetUsd ?? config.LEO_PLATFORM_DAY_BUDGET_USD, reservedUsd, at);
  await reserve(orm, { generationId, attempt: 1, ownerId, reservedUsd }, at);
};
