import { sql } from "drizzle-orm";
import type { PublicConfig, Usage } from "@leo/core/api.ts";
import type { UserLimits } from "@leo/core/account.ts";
import { LIMITS } from "@leo/core/limits.ts";
import type { Config } from "../config.ts";
import type { UserContext } from "../app-context.ts";
import { tx } from "../db/tx.ts";
import { effectiveLimits, findUser, settingLimits } from "./account.ts";
import { userDay, userDays } from "../limits/ledger.ts";

/** Days of the history, today included. */
const HISTORY_DAYS = 30;

/** @param limits of one user; absent: of everybody who has none of their own */
export const limitsOf = (
  config: Config,
  limits: UserLimits = settingLimits(config),
): PublicConfig["limits"] => ({
  promptMaxChars: LIMITS.promptMaxChars,
  ...limits,
  retentionDays: config.LEO_RETENTION_DAYS,
});

/** What a user runs now, has spent since midnight UTC and on the days before, and may do. */
export const usageOf = async (context: UserContext): Promise<Usage> => {
  const { config, userId, now } = context;
  const at = now();
  const { rows, today, days, user } = await tx(context, async ({ orm }) => {
    const counted = await orm.execute<{ running: number; queued: number }>(sql`
      select count(*) filter (where state <> 'queued')::int as running,
             count(*) filter (where state = 'queued')::int as queued
      from leo.generations where owner_id = ${userId} and finished_at is null`);
    return {
      rows: counted.rows,
      today: await userDay(orm, userId, at),
      days: await userDays(orm, userId, at, HISTORY_DAYS),
      user: await findUser(orm, userId),
    };
  });
  return {
    running: rows[0]?.running ?? 0,
    queued: rows[0]?.queued ?? 0,
    generationsToday: today.generations,
    spentTodayUsd: today.spentUsd,
    reservedTodayUsd: today.reservedUsd,
    days,
    limits: limitsOf(config, effectiveLimits(config, user)),
  };
};
