/**
 * The queue. A queued generation is a row; claiming one makes it `starting` and writes its attempt.
 *
 * Terms: a *turn* is the place of a generation among its owner's: one with two active runs has its
 * first queued generation at turn 3. Places go by turn, then by age, so that somebody with fifty
 * queued generations does not delay another's first. Turns past the user's limit wait, and so does
 * everything of somebody who is suspended, and everything while an operator has paused launches. While a fault
 * of the model has paused them, one generation at a time is let through (`model-pause.ts`), of those first that
 * have not met the fault themselves. A task that has not ended holds its vCPUs, whatever its
 * generation's state is.
 *
 * Claimers take an advisory lock first: two of them could each see the last free place otherwise.
 */
import { createHash, randomBytes } from "node:crypto";
import { newId } from "@leo/core/id.ts";
import type { Context } from "../app-context.ts";
import { WITH_TASK } from "../db/schema/state.ts";
import { lockSql } from "../db/locks.ts";
import { tx } from "../db/tx.ts";
import { PROBE_MAX_MS } from "../limits/model-pause.ts";
import { EVENTS_CHANNEL } from "../events/append.ts";

export interface ClaimedAttempt {
  id: string;
  generationId: string;
  number: number;
  memoryMib: number;
  onDemand: boolean;
  deadlineAt: Date;
  /** The attempt token; nowhere else but in the task. */
  token: string;
}

/** A fresh attempt token and the hash that is stored of it. */
export const newAttemptToken = (): { token: string; hash: string } => {
  const token = `leo_at_${randomBytes(32).toString("base64url")}`;
  return { token, hash: hashAttemptToken(token) };
};

const ATTEMPT_TOKEN = /^leo_at_[\w-]{43}$/;

/** Whether a text has the form of an attempt token; the database is asked about no other. */
export const isAttemptToken = (text: string): boolean => ATTEMPT_TOKEN.test(text);

export const hashAttemptToken = (token: string): string => createHash("sha256").update(token).digest("hex");

const CLAIM = `
with used as materialized (
  select coalesce(sum(vcpu), 0) as vcpu from leo.attempts where ended_at is null
), active as (
  select owner_id, count(*) as running from leo.generations
  where state in ${WITH_TASK} group by owner_id
), ranked as (
  select g.id, g.created_at, g.vcpu,
         row_number() over (partition by g.owner_id order by g.created_at, g.id) + coalesce(a.running, 0) as turn,
         coalesce(u.running_per_user, $2) as turns
  from leo.generations g left join active a using (owner_id) left join leo.users u on u.id = g.owner_id
  where g.state = 'queued' and g.available_at <= $1 and u.suspended_at is null
), gate as (
  select coalesce(bool_or(launches_paused), false) as is_closed,
         coalesce(bool_or(model_fault is not null), false) as is_paused,
         coalesce(bool_or(model_probe_at <= $1), false) as is_probe_due
  from leo.platform_settings
), ordered as (
  select id, turn, created_at, sum(vcpu) over (order by turn, created_at, id) as vcpu_through
  from ranked where turn <= turns
), picked as (
  select g.id, o.turn, o.created_at
  from leo.generations g join ordered o using (id), used, gate
  where g.state = 'queued' and o.vcpu_through + used.vcpu <= $3
    and not gate.is_closed and (not gate.is_paused or gate.is_probe_due)
  order by gate.is_paused and g.wait_code is not null, o.turn, o.created_at, o.id
  limit (select case when is_paused then 1 else $4::int end from gate)
  for update of g skip locked
), paired as (
  select p.id, fresh.attempt_id, fresh.token_hash
  from (select id, row_number() over (order by turn, created_at, id) as place from picked) p
  join unnest($5::uuid[], $6::text[]) with ordinality as fresh(attempt_id, token_hash, place) using (place)
), claimed as (
  update leo.generations g
  set state = 'starting', attempt = g.attempt + 1, wait_code = null, started_at = coalesce(g.started_at, $1), last_seq = g.last_seq + 1
  from paired p where g.id = p.id
  returning g.id, g.attempt, g.vcpu, g.memory_mib, g.on_demand, g.last_seq, p.attempt_id, p.token_hash
), attempted as (
  insert into leo.attempts (id, generation_id, number, token_hash, vcpu, memory_mib, on_demand, launch_lease_until, created_at, deadline_at)
  select attempt_id, id, attempt, token_hash, vcpu, memory_mib, on_demand, $7, $1, $8 from claimed
), probed as (
  update leo.platform_settings s
  set model_probe_at = $1 + least($9 * 2 ^ least(s.model_probes, 10), $10) * interval '1 ms', model_probes = s.model_probes + 1
  where s.model_fault is not null and exists (select from claimed)
), told as (
  insert into leo.events (generation_id, seq, at, type, body)
  select id, last_seq, $1, 'state_changed',
         json_build_object('type', 'state_changed', 'state', 'starting', 'attempt', attempt)
  from claimed
)
select attempt_id as id, id as "generationId", attempt as number, memory_mib as "memoryMib", on_demand as "onDemand",
       pg_notify('${EVENTS_CHANNEL}', id || ':' || last_seq) as notified
from claimed`;

/**
 * Claims generations that may start now, at most `limit`.
 * @returns their new attempts; empty when nothing waits or nothing is free
 */
export const claim = async (context: Context, limit: number): Promise<ClaimedAttempt[]> => {
  const { config, now } = context;
  const at = now();
  const deadlineAt = new Date(at.getTime() + config.LEO_DEADLINE_MS);
  const fresh = Array.from({ length: limit }, () => ({ id: newId(), ...newAttemptToken() }));
  const rows = await tx(
    context,
    async ({ client }) => {
      const claimed = await client.query<Omit<ClaimedAttempt, "token" | "deadlineAt">>({
        name: "claim",
        text: CLAIM,
        values: [
          at,
          config.LEO_RUNNING_PER_USER,
          config.LEO_VCPU_BUDGET,
          limit,
          fresh.map(({ id }) => id),
          fresh.map(({ hash }) => hash),
          new Date(at.getTime() + config.LEO_LAUNCH_LEASE_MS),
          deadlineAt,
          config.LEO_MODEL_PROBE_MS,
          PROBE_MAX_MS,
        ],
      });
      return claimed.rows;
    },
    lockSql("claim"),
  );
  const tokens = new Map(fresh.map(({ id, token }) => [id, token]));
  return rows.map((row) => ({ ...row, deadlineAt, token: tokens.get(row.id) ?? "" }));
};
