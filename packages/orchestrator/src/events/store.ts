/**
 * The statement that commits a batch. It locks the generations in id order, drops messages that are
 * there already (`n <= last_n`), numbers the rest without gaps and notifies. An attempt whose messages would
 * take its generation past its output limit is *cut*: these and all later messages are dropped, except for the
 * cost they report. Each attempt is one row with its messages as lines, so that no plan ever compares every
 * message with every attempt.
 */
import type { Queryable } from "../db/database.ts";
import { WITH_TASK } from "../db/schema/state.ts";
import { EVENTS_CHANNEL } from "./append.ts";
import { lastNOf, type Run } from "./batch.ts";

const STORE = `
with incoming as (
  select * from rows from (
    unnest($1::uuid[]), unnest($2::int[]), unnest($3::int[]), unnest($4::int[]), unnest($5::numeric[]), unnest($10::int[]),
    string_to_table($6, E'\\f'), string_to_table($7, E'\\f')
  ) as t(attempt_id, first_n, top_n, activity_n, cost_usd, size_bytes, types, bodies)
), locked as materialized (
  select i.*, a.generation_id, a.last_n, a.cost_usd as old_cost_usd,
         g.last_seq, g.last_seq - greatest(a.last_n, i.first_n - 1) as shift,
         a.cut_at is not null or (i.top_n > a.last_n and (
           g.last_seq + i.top_n - greatest(a.last_n, i.first_n - 1) > $11 or g.event_bytes + i.size_bytes > $12)) as is_cut
  from incoming i join leo.attempts a on a.id = i.attempt_id
       join leo.generations g on g.id = a.generation_id and g.attempt = a.number
  where a.ended_at is null and g.state in ${WITH_TASK}
  order by g.id for update of g, a
), stored as (
  insert into leo.events (generation_id, seq, attempt_id, n, at, type, body)
  select l.generation_id, l.shift + e.n, l.attempt_id, e.n, $8, e.type, e.body
  from locked l cross join lateral (
    select generate_series(l.first_n, l.top_n) as n, unnest(string_to_array(l.types, ',')) as type,
           unnest(string_to_array(l.bodies, E'\\n'))::json as body
  ) e where e.n > l.last_n and not l.is_cut
), counted as (
  select *, greatest(cost_usd, old_cost_usd) as new_cost_usd,
         case when is_cut then last_seq else shift + top_n end as new_seq,
         case when is_cut then last_n else top_n end as new_n,
         case when is_cut then 0
              else size_bytes::bigint * (top_n - greatest(last_n, first_n - 1)) / (top_n - first_n + 1) end as new_bytes
  from locked where top_n > last_n or is_cut
), moved_generations as (
  update leo.generations g
  set last_seq = c.new_seq, event_bytes = g.event_bytes + c.new_bytes, cost_usd = g.cost_usd + c.new_cost_usd - c.old_cost_usd
  from counted c where g.id = c.generation_id
), moved_attempts as (
  update leo.attempts a set last_n = c.new_n, cut_at = case when c.is_cut then coalesce(a.cut_at, $8) end, cost_usd = c.new_cost_usd, last_frame_at = $8,
         model_answered_at = case when c.new_cost_usd > c.old_cost_usd then $8 else a.model_answered_at end,
         last_activity_at = case when c.activity_n > c.last_n then $8 else a.last_activity_at end
  from counted c where a.id = c.attempt_id
)
select attempt_id, generation_id, last_n, last_seq, is_cut,
       case when top_n > last_n and not is_cut
            then pg_notify('${EVENTS_CHANNEL}', generation_id || ':' || shift + top_n || ':' || $9) end as notified
from locked`;

/** An attempt whose messages are stored, with what was committed before. */
export interface StoredRow {
  attempt_id: string;
  generation_id: string;
  last_n: number;
  last_seq: number;
  /** None of it was stored. */
  is_cut: boolean;
}

/** What a generation may write. */
export interface EventLimits {
  maxEvents: number;
  maxBytes: number;
}

/** PostgreSQL's text of an array of ids or numbers, none of which needs quotes. */
const arrayOf = (values: (string | number)[]): string => `{${values.join(",")}}`;

/**
 * Commits the runs of different attempts.
 * @param origin sent with the notification, so that a process recognises its own
 * @returns a row for each attempt that may still report; the others are replaced or ended
 */
export const storeRuns = async (
  database: Queryable,
  runs: Run[],
  at: Date,
  origin: string,
  { maxEvents, maxBytes }: EventLimits,
): Promise<StoredRow[]> => {
  const { rows } = await database.query<StoredRow>({
    name: "store-events",
    text: STORE,
    values: [
      arrayOf(runs.map((run) => run.attemptId)),
      arrayOf(runs.map((run) => run.firstN)),
      arrayOf(runs.map(lastNOf)),
      arrayOf(runs.map((run) => run.activityN)),
      arrayOf(runs.map((run) => run.costUsd)),
      runs.map((run) => run.types.join(",")).join("\f"),
      runs.map((run) => run.bodies.join("\n")).join("\f"),
      at,
      origin,
      arrayOf(runs.map((run) => run.sizeBytes)),
      maxEvents,
      maxBytes,
    ],
  });
  return rows;
};
