import { sql } from "drizzle-orm";
import type { PublicConfig, Usage } from "@leo/core/api.ts";
import { LIMITS } from "@leo/core/limits.ts";
import type { Config } from "../config.ts";
import type { Context } from "../context.ts";

export const limitsOf = (config: Config): PublicConfig["limits"] => ({
  promptMaxChars: LIMITS.promptMaxChars,
  runningPerUser: config.LEO_RUNNING_PER_USER,
  queuedPerUser: config.LEO_QUEUED_PER_USER,
  generationBudgetUsd: config.LEO_GENERATION_BUDGET_USD,
  retentionDays: config.LEO_RETENTION_DAYS,
});

/** What a user runs now and has spent since midnight UTC. */
export const usageOf = async ({ config, database, now }: Context, ownerId: string): Promise<Usage> => {
  const midnight = `${now().toISOString().slice(0, 10)}T00:00:00Z`;
  const { rows } = await database.orm.execute<Record<"running" | "queued" | "today" | "spent", number>>(sql`
    select count(*) filter (where state in ('starting', 'running', 'publishing'))::int as running,
           count(*) filter (where state = 'queued')::int as queued,
           count(*) filter (where created_at >= ${midnight}::timestamptz)::int as today,
           coalesce(sum(cost_usd) filter (where created_at >= ${midnight}::timestamptz), 0)::float8 as spent
    from leo.generations
    where owner_id = ${ownerId}
      and (created_at >= ${midnight}::timestamptz or state not in ('completed', 'failed', 'cancelled'))`);
  const [usage] = rows;
  return {
    running: usage?.running ?? 0,
    queued: usage?.queued ?? 0,
    generationsToday: usage?.today ?? 0,
    spentTodayUsd: usage?.spent ?? 0,
    limits: limitsOf(config),
  };
};
