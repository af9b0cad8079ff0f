import { runSql } from "@leo/local/testing/database.ts";

/** Finished generations, each in an app of its own with five events; beside them a queue and running ones. */
export const FILLED = {
  users: 200,
  finished: 10_000,
  queued: 60,
  running: 40,
  eventsEach: 5,
  longReplay: 5_000,
};

const { users, finished, queued, running, eventsEach, longReplay } = FILLED;

/** A number as a UUID, so that rows find each other. */
const id = (prefix: string, number: string) =>
  `('${prefix}-0000-4000-8000-' || lpad((${number})::text, 12, '0'))::uuid`;

export const OWNER_ID = "00000001-0000-4000-8000-000000000001";
/** A finished one of that owner, with many events, and a running and a queued one. */
export const REPLAYED_ID = `00000003-0000-4000-8000-${String(users).padStart(12, "0")}`;
export const QUEUED_ID = `00000003-0000-4000-8000-${String(finished + 1).padStart(12, "0")}`;
export const RUNNING_ID = `00000003-0000-4000-8000-${String(finished + queued + 1).padStart(12, "0")}`;

/** The oldest ended a little more than thirty days ago; what waits and runs is of the last two hours. */
const AGE = `case when n <= ${finished} then n * interval '261 seconds' else (n - ${finished}) * interval '1 minute' end`;

const FILL = `
insert into leo.apps (id, owner_id, name, created_at, updated_at)
select ${id("00000002", "n")}, ${id("00000001", `1 + n % ${users}`)}, 'App ' || n,
       now() - ${AGE}, now() - ${AGE}
from generate_series(1, ${finished + queued + running}) n;

insert into leo.generations (id, app_id, owner_id, prompt, mode, state, attempt, max_attempts, memory_mib, vcpu,
  last_seq, created_at, started_at, finished_at, idempotency_key, request_hash)
select ${id("00000003", "n")}, ${id("00000002", "n")}, ${id("00000001", `1 + n % ${users}`)}, 'a todo list', 'autonomous',
       case when n <= ${finished} then 'completed' when n <= ${finished + queued} then 'queued' else 'running' end,
       case when n between ${finished + 1} and ${finished + queued} then 0 else 1 end, 2, 8192, 4,
       ${eventsEach}, now() - ${AGE}, now() - ${AGE},
       case when n <= ${finished} then now() - ${AGE} end, 'key-' || n, 'hash'
from generate_series(1, ${finished + queued + running}) n;

insert into leo.attempts (id, generation_id, number, token_hash, vcpu, memory_mib, launch_lease_until, task_arn, created_at,
  task_accepted_at, task_running_at, ready_at, last_frame_at, last_activity_at, deadline_at, ended_at, ended_class, last_n)
select ${id("00000004", "n")}, g.id, 1, 'token-' || n, 4, 8192, now(), 'arn:task/' || n, g.created_at,
       now() + interval '1 hour', now(), now(), now(), now(), now() + interval '1 hour', g.finished_at,
       case when g.finished_at is not null then 'clean_exit' end, 1
from generate_series(1, ${finished + queued + running}) n join leo.generations g on g.id = ${id("00000003", "n")} and g.attempt = 1;

insert into leo.events (generation_id, seq, at, type, body)
select g.id, seq, now(), 'log', '{"type":"log","level":"info","text":"line"}'
from leo.generations g, generate_series(1, ${eventsEach}) seq;

insert into leo.events (generation_id, seq, at, type, body)
select '${REPLAYED_ID}', seq, now(), 'log', '{"type":"log","level":"info","text":"line"}'
from generate_series(${eventsEach + 1}, ${longReplay}) seq;

update leo.generations set last_seq = ${longReplay} where id = '${REPLAYED_ID}';

insert into leo.user_messages (id, generation_id, text, delivered_attempt)
select gen_random_uuid(), id, 'also in blue', 1 from leo.generations where attempt = 1;

insert into leo.ledger (generation_id, attempt, owner_id, day, reserved_usd, reserved_at, cost_usd, charged_usd, settled_at)
select id, 1, owner_id, (created_at at time zone 'UTC')::date, 5, created_at, cost, cost, finished_at
from (select *, case when finished_at is not null then 0.5 end as cost from leo.generations) g;

analyze leo.apps, leo.generations, leo.attempts, leo.events, leo.user_messages, leo.ledger;`;

/** Fills a migrated database as months of use would. */
export const fill = (databaseUrl: string): Promise<void> => runSql(databaseUrl, FILL);
