import { sql } from "drizzle-orm";
import type { LifecycleFact } from "@leo/core/event.ts";
import type { Orm } from "../db/database.ts";

/** Channel whose payload is `{generationId}:{lastSeq}`, or that and `:{origin}`: new events are committed. */
export const EVENTS_CHANNEL = "leo_events";
/** Channel without payload: the queue may have work or a free place. */
export const QUEUE_CHANNEL = "leo_queue";
/** Channel whose payload is a generation's id: check whether its generator must be notified of something. */
export const CONTROL_CHANNEL = "leo_control";
/** Channel whose payload is a user's id: their limits or their suspension changed. */
export const USERS_CHANNEL = "leo_users";
/** Channel whose payload is `{ownerId}:{appId}`: what the owner sees of the app changed. Triggers of the tables notify. */
export const APPS_CHANNEL = "leo_apps";

/**
 * Appends the orchestrator's own facts to a generation, in the caller's transaction.
 * The row lock on the generation keeps `seq` without gaps.
 * @returns the `seq` of the last fact
 */
export const appendFacts = async (
  orm: Orm,
  generationId: string,
  facts: LifecycleFact[],
  at: Date,
): Promise<number> => {
  const json = JSON.stringify(facts);
  const { rows } = await orm.execute<{ last_seq: number }>(sql`
    with counted as (
      update leo.generations set last_seq = last_seq + ${facts.length}, event_bytes = event_bytes + ${Buffer.byteLength(json)}
      where id = ${generationId} returning last_seq
    ), stored as (
      insert into leo.events (generation_id, seq, at, type, body)
      select ${generationId}::uuid, c.last_seq - ${facts.length} + fact.ordinality, ${at.toISOString()}::timestamptz,
             fact.value ->> 'type', fact.value
      from counted c, json_array_elements(${json}::json) with ordinality as fact
    )
    select last_seq, pg_notify(${EVENTS_CHANNEL}, ${generationId} || ':' || last_seq) from counted`);
  const lastSeq = rows[0]?.last_seq;
  if (lastSeq === undefined) throw new Error(`no generation ${generationId} to append to`);
  return lastSeq;
};
