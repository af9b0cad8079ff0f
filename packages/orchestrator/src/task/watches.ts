/**
 * The watches: what must not last. Each finds its cases with one query and asks for a stop once;
 * the end of the task then decides what becomes of the generation.
 *
 * | watch | from | limit |
 * | start | accepted task | `ready` within 180 s |
 * | heartbeat | last frame | 90 s |
 * | stall | last agent event | 10 min |
 * | deadline | `deadline_at`, enforced inside the container too | + 2 min for its uploads |
 * | cancel | request | 60 s, or at once while no generator is connected |
 * | output | event past what a run may write | 60 s |
 *
 * Silence counts from when this process could hear: see `hearing.ts`.
 */
import { STOP_REASON } from "@leo/core/task-stop.ts";
import type { Context } from "../app-context.ts";
import type { TaskClient } from "./client.ts";
import { requestStop } from "../generation/attempt.ts";

interface Overdue {
  id: string;
  taskArn: string;
  reason: string;
}

const OVERDUE = `
select a.id, a.task_arn as "taskArn",
  case
    when g.cancel_requested_at < $1 or (g.cancel_requested_at is not null and a.ready_at is null) then '${STOP_REASON.cancel}'
    when a.cut_at < $1 then '${STOP_REASON.outputTooLarge}'
    when a.deadline_at < $2 then '${STOP_REASON.deadline}'
    when g.attempt <> a.number or g.finished_at < $1 then '${STOP_REASON.orphan}'
    when a.ready_at is null and greatest(a.task_accepted_at, $6) < $3 then '${STOP_REASON.startTimeout}'
    when a.ready_at is not null and greatest(a.last_frame_at, $6) < $4 then '${STOP_REASON.heartbeatLost}'
    when a.ready_at is not null and g.state = 'running' and greatest(a.last_activity_at, a.ready_at, $6) < $5 then '${STOP_REASON.stalled}'
  end as reason
from leo.attempts a join leo.generations g on g.id = a.generation_id
where a.ended_at is null and a.task_arn is not null and a.stop_requested_at is null`;

/** Stops what is overdue. @param hearingSince silence before it does not count */
export const stopOverdue = async (context: Context, tasks: TaskClient, hearingSince: Date): Promise<void> => {
  const { config } = context;
  const now = context.now().getTime();
  const before = (durationMs: number) => new Date(now - durationMs);
  const { rows } = await context.database.pool.query<Overdue>({
    name: "overdue",
    text: `select * from (${OVERDUE}) found where reason is not null`,
    values: [
      before(config.LEO_CANCEL_GRACE_MS),
      before(config.LEO_DEADLINE_GRACE_MS),
      before(config.LEO_START_TIMEOUT_MS),
      before(config.LEO_HEARTBEAT_LOST_MS),
      before(config.LEO_STALLED_MS),
      hearingSince,
    ],
  });
  for (const { id, taskArn, reason } of rows) {
    if (!(await requestStop(context.database.orm, id, reason, context.now()))) continue;
    context.log.warn({ event: "task_overdue", attemptId: id, taskArn, reason }, "stopping a task");
    await tasks.stop(taskArn, reason);
  }
};
