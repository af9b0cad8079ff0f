import type { Context } from "../context.ts";

export interface QueuePlace {
  /** 1 is the next to start. */
  position: number;
  estimatedStartAt: Date;
}

/** Used until there is a finished run to learn from. */
const TYPICAL_RUN_MS = 5 * 60_000;

const POSITIONS = `
with active as (
  select owner_id, count(*) as running from leo.generations
  where state in ('starting', 'running', 'publishing') group by owner_id
), ranked as (
  select g.id, g.owner_id, g.created_at,
         row_number() over (partition by g.owner_id order by g.created_at, g.id) + coalesce(a.running, 0) as turn
  from leo.generations g left join active a using (owner_id) left join leo.users u on u.id = g.owner_id
  where g.state = 'queued' and u.suspended_at is null
), placed as (
  select id, owner_id, row_number() over (order by turn, created_at, id) as position from ranked
), recent as (
  select avg(extract(epoch from finished_at - started_at)) * 1000 as run_ms
  from (select finished_at, started_at from leo.generations
        where finished_at is not null and started_at is not null order by finished_at desc limit 50) last
)
select placed.id, placed.position::int, recent.run_ms::float as "runMs" from placed, recent where owner_id = $1`;

/** Where a user's queued generations stand, in the order in which `claim` hands them out. */
export const queuePositions = async (context: Context, ownerId: string): Promise<Map<string, QueuePlace>> => {
  const { config, database, now } = context;
  const { rows } = await database.pool.query<{ id: string; position: number; runMs: number | null }>({
    name: "queue-positions",
    text: POSITIONS,
    values: [ownerId],
  });
  const slots = Math.max(1, Math.floor(config.LEO_VCPU_BUDGET / config.LEO_GENERATOR_VCPU));
  return new Map(
    rows.map(({ id, position, runMs }) => {
      const waitMs = Math.ceil(position / slots) * (runMs ?? TYPICAL_RUN_MS);
      return [id, { position, estimatedStartAt: new Date(now().getTime() + waitMs) }];
    }),
  );
};
