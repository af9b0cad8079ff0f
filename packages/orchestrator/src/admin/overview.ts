/** How the platform stands right now, for the operator. */
import type { AdminOverview } from "@leo/core/admin.ts";
import type { FailureCode } from "@leo/core/failure.ts";
import type { GenerationState } from "@leo/core/generation.ts";
import type { Context } from "../app-context.ts";
import { stateFrom } from "../db/schema/state.ts";
import { dayOf } from "../limits/ledger.ts";
import { countOrphans } from "./orphans.ts";
import { readPlatform } from "../limits/platform.ts";

const AT_WORK = `
select state, count(*)::int as count, min(created_at) as oldest
from leo.generations where finished_at is null group by state`;
const ENDED = `
select state, failure ->> 'code' as code, count(*)::int as count
from leo.generations where finished_at >= $1 group by 1, 2 order by 3 desc, 2`;
const VCPUS = "select coalesce(sum(vcpu), 0)::float8 as vcpus from leo.attempts where ended_at is null";

export const readOverview = async (context: Context): Promise<AdminOverview> => {
  const { config, database, now } = context;
  const midnight = new Date(`${dayOf(now())}T00:00:00Z`);
  const [atWork, ended, held, platform, orphansToday] = await Promise.all([
    database.pool.query<{ state: string; count: number; oldest: Date }>(AT_WORK),
    database.pool.query<{ state: string; code: FailureCode | null; count: number }>(ENDED, [midnight]),
    database.pool.query<{ vcpus: number }>(VCPUS),
    readPlatform(context),
    countOrphans(database.orm, midnight),
  ]);
  const countOf = (wanted: GenerationState) =>
    atWork.rows.find(({ state }) => stateFrom(state) === wanted)?.count ?? 0;
  return {
    platform,
    states: {
      queued: countOf("queued"),
      starting: countOf("starting"),
      running: countOf("running"),
      finalizing: countOf("finalizing"),
    },
    oldestQueuedAt: atWork.rows.find(({ state }) => state === "queued")?.oldest.toISOString(),
    vcpus: { inUse: held.rows[0]?.vcpus ?? 0, budget: config.LEO_VCPU_BUDGET },
    completedToday: ended.rows.find(({ state }) => state === "completed")?.count ?? 0,
    failuresToday: ended.rows.flatMap(({ state, code, count }) =>
      state === "failed" && code !== null ? [{ code, count }] : [],
    ),
    orphansToday,
  };
};
