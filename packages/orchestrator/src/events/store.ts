/**
 * The statement that commits a batch. It locks the generations in id order, drops messages that are
 * there already (`n <= last_n`), numbers the rest without gaps and notifies. Each attempt comes as one
 * row with its messages as lines, so that no plan ever compares every message with every attempt.
 */
import type { Queryable } from "../db/database.ts";
import { EVENTS_CHANNEL } from "./append.ts";
import { lastNOf, type Run } from "./batch.ts";

const STORE = `
with incoming as (
  select * from rows from (
    unnest($1::uuid[]), unnest($2::int[]), unnest($3::int[]), unnest($4::int[]), unnest($5::numeric[]),
    string_to_table($6, E'\\f'), string_to_table($7, E'\\f')
  ) as t(attempt_id, first_n, top_n, activity_n, cost_usd, types, bodies)
), locked as materialized (
  select i.*, a.generation_id, a.last_n, a.cost_usd as old_cost_usd,
         g.last_seq, g.last_seq - greatest(a.last_n, i.first_n - 1) as shift
  from incoming i join leo.attempts a on a.id = i.attempt_id
       join leo.generations g on g.id = a.generation_id and g.attempt = a.number
  where a.ended_at is null and g.state in ('starting', 'running', 'publishing')
  order by g.id for update of g, a
), stored as (
  insert into leo.events (generation_id, seq, attempt_id, n, at, type, body)
  select l.generation_id, l.shift + e.n, l.attempt_id, e.n, $8, e.type, e.body
  from locked l cross join lateral (
    select generate_series(l.first_n, l.top_n) as n, unnest(string_to_array(l.types, ',')) as type,
           unnest(string_to_array(l.bodies, E'\\n'))::json as body
  ) e where e.n > l.last_n
), counted as (
  select *, shift + top_n as new_seq, greatest(cost_usd, old_cost_usd) as new_cost_usd
  from locked where top_n > last_n
), moved_generations as (
  update leo.generations g
  set last_seq = c.new_seq, cost_usd = g.cost_usd + c.new_cost_usd - c.old_cost_usd
  from counted c where g.id = c.generation_id
), moved_attempts as (
  update leo.attempts a set last_n = c.top_n, cost_usd = c.new_cost_usd, last_frame_at = $8,
         model_answered_at = case when c.new_cost_usd > c.old_cost_usd then $8 else a.model_answered_at end,
         last_activity_at = case when c.activity_n > c.last_n then $8 else a.last_activity_at end
  from counted c where a.id = c.attempt_id
)
select attempt_id, generation_id, last_n, last_seq,
       case when top_n > last_n
            then pg_notify('${EVENTS_CHANNEL}', generation_id || ':' || shift + top_n || ':' || $9) end as notified
from locked`;

/** An attempt whose messages are stored, with what was committed before. */
export interface StoredRow {
  attempt_id: string;
  generation_id: string;
  last_n: number;
  last_seq: number;
}

/** PostgreSQL's text of an array of ids or numbers, none of which needs quotes. */
const arrayOf = (values: (string | number)[]): string => `{${values.join(",")}}`;

/**
 * Commits the runs of different attempts.
 * @param origin goes with the notification, so that a process knows its own
 * @returns a row for each attempt that may still report; the others are replaced or ended
 */
export const storeRuns = async (
  database: Queryable,
  runs: Run[],
  at: Date,
  origin: string,
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
    ],
  });
  return rows;
};
