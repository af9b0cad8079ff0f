/**
 * Launches are paused while only the operator can help the model: its credential is rejected, its account
 * has no credit, or it does not exist. What is queued waits and nobody pays.
 *
 * The pause begins with the word of one generator, which may be a lie. So it is not believed while another
 * user's run gets answers, and it is tried all the time: one run is let through (a *probe*, see `claim`) after
 * two minutes, then after twice as long, at most half an hour. The first answer of the model to a run ends the
 * pause; so does the operator, and a restart of an orchestrator, which may have brought another credential,
 * lets a probe through at once.
 */
import { sql } from "drizzle-orm";
import type { Platform } from "@leo/core/account.ts";
import { FAILURES, type FailureCode } from "@leo/core/failure.ts";
import { LIMITS } from "@leo/core/limits.ts";
import type { Context } from "../app-context.ts";
import type { Orm } from "../db/database.ts";
import type { PlatformSettings } from "./platform.ts";

/** For so long an answer to a call that was open before says nothing about the next one. */
const OPEN_CALL_MS = 120_000;

/**
 * Pauses launches, in the transaction that puts the run which met the fault back into the queue.
 * @param ownerId whose run it is
 * @returns whether launches are paused now: not while others' runs get answers
 */
export const pauseLaunches = async (
  orm: Orm,
  { code, ownerId, at, probeMs }: { code: FailureCode; ownerId: string; at: Date; probeMs: number },
): Promise<boolean> => {
  const now = at.toISOString();
  const { rows } = await orm.execute(sql`
    insert into leo.platform_settings as s (id, model_fault, model_fault_at, model_probe_at, model_probes, updated_at)
    select true, ${code}, ${now}::timestamptz, ${new Date(at.getTime() + probeMs).toISOString()}::timestamptz, 1, ${now}::timestamptz
    where not exists (
      select from leo.attempts a join leo.generations g on g.id = a.generation_id
      where a.ended_at is null and g.owner_id <> ${ownerId}
        and a.model_answered_at > ${new Date(at.getTime() - OPEN_CALL_MS).toISOString()}::timestamptz)
    on conflict (id) do update set
      model_fault = excluded.model_fault,
      model_fault_at = coalesce(s.model_fault_at, excluded.model_fault_at),
      model_probe_at = coalesce(s.model_probe_at, excluded.model_probe_at),
      model_probes = greatest(s.model_probes, 1),
      updated_at = excluded.updated_at
    returning 1`);
  return rows.length > 0;
};

/** The columns of no pause. */
export const NOT_PAUSED = { modelFault: null, modelFaultAt: null, modelProbeAt: null, modelProbes: 0 };

const RESUME = `
update leo.platform_settings s
set model_fault = null, model_fault_at = null, model_probe_at = null, model_probes = 0, updated_at = $1
where s.model_fault is not null and exists (
  select from leo.attempts a join leo.generations g on g.id = a.generation_id
  where (a.ended_at is null or g.finished_at > s.model_fault_at)
    and a.model_answered_at > s.model_fault_at + case when a.created_at > s.model_fault_at then interval '0' else $2 * interval '1 ms' end)
returning model_fault`;

/** Ends the pause if the model has answered a run. @returns whether it did */
export const resumeLaunches = async ({ database, log, now }: Context): Promise<boolean> => {
  const { rowCount } = await database.pool.query({
    name: "resume-launches",
    text: RESUME,
    values: [now(), OPEN_CALL_MS],
  });
  if (rowCount === 0) return false;
  log.info({ event: "launches_resumed" }, "the model answers again: launches go on");
  return true;
};

/** Lets a run through at once, if launches are paused: this process may have come with another credential. */
export const probeAtStart = async ({ database, now }: Context): Promise<void> => {
  await database.pool.query(
    "update leo.platform_settings set model_probe_at = $1, model_probes = 0 where model_fault is not null",
    [now()],
  );
};

/** The pause as the operator sees it. */
export const viewModelFault = ({
  modelFault,
  modelFaultAt,
  modelProbeAt,
}: PlatformSettings): Platform["modelFault"] =>
  modelFault && modelFaultAt && modelProbeAt
    ? {
        code: modelFault,
        message: FAILURES[modelFault].message,
        since: modelFaultAt.toISOString(),
        nextTryAt: modelProbeAt.toISOString(),
      }
    : undefined;

/** The longest time between two probes. */
export const PROBE_MAX_MS = LIMITS.modelWaitMaxMs;
