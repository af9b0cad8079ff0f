import type { FailureCode } from "@leo/core/failure.ts";
import { waitingFor, type Waiting } from "@leo/core/waiting.ts";
import type { Context } from "../app-context.ts";
import { asActor, SERVICE, tx, type Transactor } from "../db/tx.ts";
import { WITH_TASK } from "../db/schema/state.ts";

export interface QueuePlace {
  /** 1 is the next to start; absent for one that waits for the model. */
  position?: number;
  estimatedStartAt?: Date;
  waiting?: Waiting;
}

/** Used until there is a finished run to learn from. */
const TYPICAL_RUN_MS = 5 * 60_000;

const POSITIONS = `
with active as (
  select owner_id, count(*) as running from leo.generations
  where state in ${WITH_TASK} group by owner_id
), ranked as (
  select g.id, g.owner_id, g.created_at,
         row_number() over (partition by g.owner_id order by g.created_at, g.id) + coalesce(a.running, 0) as turn
  from leo.generations g left join active a using (owner_id) left join leo.users u on u.id = g.owner_id
  where g.state = 'queued' and u.suspended_at is null and (g.wait_code is null or g.available_at <= $2)
), placed as (
  select id, owner_id, row_number() over (order by turn, created_at, id) as position from ranked
), recent as (
  select avg(extract(epoch from finished_at - started_at)) * 1000 as run_ms
  from (select finished_at, started_at from leo.generations
        where finished_at is not null and started_at is not null order by finished_at desc limit 50) last
)
select q.id, placed.position::int, recent.run_ms::float as "runMs", q.wait_code as "waitCode", q.available_at as "availableAt",
       (select model_fault from leo.platform_settings) as "modelFault"
from leo.generations q left join placed using (id), recent
where q.owner_id = $1 and q.state = 'queued' and (placed.id is not null or q.available_at > $2)`;

interface Placed {
  id: string;
  position: number | null;
  runMs: number | null;
  waitCode: FailureCode | null;
  availableAt: Date;
  modelFault: FailureCode | null;
}

/**
 * Where a user's queued generations stand, in the order in which `claim` hands them out. Everybody's are
 * counted for it, as Leo; only the user's own are told.
 */
export const queuePositions = async (
  context: Transactor & Pick<Context, "config" | "now">,
  ownerId: string,
): Promise<Map<string, QueuePlace>> => {
  const { config, now } = context;
  const at = now();
  const ask = { name: "queue-positions", text: POSITIONS, values: [ownerId, at] };
  const { rows } = await tx(context, () => asActor(SERVICE, ({ client }) => client.query<Placed>(ask)));
  const slots = Math.max(1, Math.floor(config.LEO_VCPU_BUDGET / config.LEO_GENERATOR_VCPU));
  const placeOf = ({ position, runMs, waitCode, availableAt, modelFault }: Placed): QueuePlace => {
    const isHere = config.LEO_MODE === "local";
    if (waitCode && availableAt > at) return { waiting: waitingFor(waitCode, isHere, availableAt) };
    if (modelFault) return { waiting: waitingFor(modelFault, isHere) };
    if (position === null) return {};
    const waitMs = Math.ceil(position / slots) * (runMs ?? TYPICAL_RUN_MS);
    return { position, estimatedStartAt: new Date(at.getTime() + waitMs) };
  };
  return new Map(rows.map((row) => [row.id, placeOf(row)]));
};
