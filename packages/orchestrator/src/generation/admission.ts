/**
 * Whether a request may enter the queue. Runs in the transaction of the submission, which holds the
 * user's lock; money is counted under the lock of the platform's day, which every submission takes
 * last and holds until its reservation is committed. So no two of them see the same room, whatever
 * orchestrator they came to.
 */
import { and, count, eq, sql } from "drizzle-orm";
import type { Spend, UserLimits } from "@leo/core/account.ts";
import { formatUsd } from "@leo/core/money.ts";
import type { UserContext } from "../app-context.ts";
import type { Orm } from "../db/database.ts";
import { generations } from "../db/schema.ts";
import { effectiveLimits, findUser } from "../account/account.ts";
import { ApiFault } from "../fault.ts";
import { endOfDay, platformDay, reserve, userDay } from "../limits/ledger.ts";
import { limitFault, timeInWords } from "../limits/limit-fault.ts";
import type { QueueView } from "./queue-view.ts";
import { readPlatformSettings, type PlatformSettings } from "../limits/platform.ts";

/** Key of the advisory lock on the platform's day. */
const DAY_LOCK = 501_303;
/** Nobody knows when an operator opens the intake again: ask then. */
const INTAKE_RETRY_SECONDS = 300;

export const refuseSuspended = (user: { suspendedReason: string | null } | undefined): void => {
  if (user?.suspendedReason == null) return;
  throw new ApiFault(
    "forbidden",
    `Your account is suspended: ${user.suspendedReason} You can still see and download what you have.`,
  );
};

const refuseClosedIntake = ({ intakeOpen, intakeMessage }: PlatformSettings): void => {
  if (intakeOpen) return;
  const message =
    intakeMessage ?? "Leo takes no new requests at the moment. What runs goes on. Try again later.";
  throw new ApiFault("unavailable", message, undefined, undefined, INTAKE_RETRY_SECONDS);
};

/** Told by `queueFull` once the transaction is over: when a place frees is not the user's own data. */
export class QueueFull extends Error {
  override name = "QueueFull";
  readonly queued: number;
  readonly max: number;

  constructor(queued: number, max: number) {
    super(`${queued} of ${max} queued`);
    this.queued = queued;
    this.max = max;
  }
}

const refuseFullQueue = async (orm: Orm, ownerId: string, max: number): Promise<void> => {
  const [{ queued } = { queued: 0 }] = await orm
    .select({ queued: count() })
    .from(generations)
    .where(and(eq(generations.ownerId, ownerId), eq(generations.state, "queued")));
  if (queued >= max) throw new QueueFull(queued, max);
};

/** The refusal, with the time at which the first of the user's requests is expected to start. */
export const queueFull = async (
  context: Pick<UserContext, "userId" | "now">,
  queue: QueueView,
  { queued, max }: QueueFull,
) => {
  const details = { limit: "queued_per_user", max, current: queued } as const;
  const said = `You have ${queued} requests in the queue, the limit is ${max}.`;
  const places = [...(await queue.positions(context.userId)).values()];
  const now = context.now();
  const starts = places.flatMap(({ estimatedStartAt }) => estimatedStartAt?.getTime() ?? []);
  const first = Math.min(...starts);
  if (starts.length === 0) return limitFault("limit_reached", `${said} Cancel one to send another.`, details);
  const freesAt = new Date(Math.max(first, now.getTime()));
  const when = timeInWords(freesAt, now);
  return limitFault(
    "limit_reached",
    `${said} The next is expected to start ${when}; or cancel one.`,
    details,
    {
      freesAt,
      now,
    },
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

/**
 * The checks that come before anything is written.
 * @throws ApiFault `forbidden` or `unavailable`; QueueFull
 */
export const refuseAtTheDoor = async (
  context: Pick<UserContext, "config">,
  orm: Orm,
  ownerId: string,
): Promise<UserLimits> => {
  const user = await findUser(orm, ownerId);
  refuseSuspended(user);
  const limits = effectiveLimits(context.config, user);
  refuseClosedIntake(await readPlatformSettings(orm));
  await refuseFullQueue(orm, ownerId, limits.queuedPerUser);
  return limits;
};

/**
 * Sets the run's budget aside as Leo (`asService`), if the user's and the platform's day have room for it.
 * @throws ApiFault `limit_reached`
 */
export const reserveBudget = async (
  { config }: Pick<UserContext, "config">,
  orm: Orm,
  generation: { id: string; ownerId: string },
  limits: UserLimits,
  at: Date,
): Promise<void> => {
  const { id: generationId, ownerId } = generation;
  const reservedUsd = limits.generationBudgetUsd;
  await orm.execute(sql`select pg_advisory_xact_lock(${DAY_LOCK})`);
  const [day, platform, { dayBudgetUsd }] = [
    await userDay(orm, ownerId, at),
    await platformDay(orm, at),
    await readPlatformSettings(orm),
  ];
  refuseFullDay({ limits, day, at });
  refuseFullPlatform(platform, dayBudgetUsd ?? config.LEO_PLATFORM_DAY_BUDGET_USD, reservedUsd, at);
  await reserve(orm, { generationId, attempt: 1, ownerId, reservedUsd }, at);
};
