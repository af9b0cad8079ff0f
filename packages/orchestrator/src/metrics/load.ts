/** How the platform stands, read from the database: the same from every orchestrator that is asked. */
import { FAILURES, type FailureCode } from "@leo/core/failure.ts";
import type { MetricName } from "@leo/core/metric.ts";
import type { Context } from "../app-context.ts";
import { objectWalk } from "../db/schema.ts";
import { stateFrom, UNFINISHED } from "../db/schema/state.ts";
import { platformDay } from "../limits/ledger.ts";
import { readPlatformSettings } from "../limits/platform.ts";

interface Series {
  labels: Record<string, string>;
  value: number;
}

export type Load = Record<
  Extract<
    MetricName,
    | "leo_generations"
    | "leo_queue_depth"
    | "leo_queue_age_seconds"
    | "leo_running"
    | "leo_ended_last_hour"
    | "leo_platform_failures_last_hour"
    | "leo_model_paused"
    | "leo_bucket_objects"
    | "leo_bucket_bytes"
    | "leo_vcpus_in_use"
    | "leo_spend_today_usd"
    | "leo_reserved_today_usd"
  >,
  Series[]
>;

const HOUR_MS = 3_600_000;
const one = (value: number): Series[] => [{ labels: {}, value }];
const sum = (rows: { count: number }[]) => rows.reduce((total, { count }) => total + count, 0);

const ACTIVE = `
select state, count(*)::int as count, min(created_at) filter (where wait_code is null) as oldest
from leo.generations where state in ${UNFINISHED} group by state`;
const ENDED = `
select state, coalesce(failure ->> 'code', '') as code, count(*)::int as count
from leo.generations where finished_at > $1 group by 1, 2`;
const VCPUS = "select coalesce(sum(vcpu), 0)::float8 as vcpus from leo.attempts where ended_at is null";

/** @returns every value as of now, in the units of the metrics' names */
export const readLoad = async ({ database, now }: Context): Promise<Load> => {
  const at = now();
  const hourAgo = new Date(at.getTime() - HOUR_MS);
  const [active, ended, held, day, settings, [walk]] = await Promise.all([
    database.pool.query<{ state: string; count: number; oldest: Date | null }>(ACTIVE),
    database.pool.query<{ state: string; code: FailureCode | ""; count: number }>(ENDED, [hourAgo]),
    database.pool.query<{ vcpus: number }>(VCPUS),
    platformDay(database.orm, at),
    readPlatformSettings(database.orm),
    database.orm.select().from(objectWalk),
  ]);
  const queued = active.rows.find(({ state }) => state === "queued");
  return {
    leo_generations: active.rows.map(({ state, count }) => ({
      labels: { state: stateFrom(state) },
      value: count,
    })),
    leo_queue_depth: one(queued?.count ?? 0),
    leo_queue_age_seconds: one(
      queued?.oldest ? Math.max(0, at.getTime() - queued.oldest.getTime()) / 1_000 : 0,
    ),
    leo_running: one(sum(active.rows.filter(({ state }) => state !== "queued"))),
    leo_ended_last_hour: ended.rows.map(({ state, code, count }) => ({
      labels: { state, code },
      value: count,
    })),
    leo_platform_failures_last_hour: one(
      sum(ended.rows.filter(({ code }) => code !== "" && FAILURES[code].platformFault)),
    ),
    leo_model_paused: one(settings.modelFault === null ? 0 : 1),
    leo_bucket_objects: walk?.totalObjects == null ? [] : one(walk.totalObjects),
    leo_bucket_bytes: walk?.totalBytes == null ? [] : one(walk.totalBytes),
    leo_vcpus_in_use: one(held.rows[0]?.vcpus ?? 0),
    leo_spend_today_usd: one(day.spentUsd),
    leo_reserved_today_usd: one(day.reservedUsd),
  };
};
