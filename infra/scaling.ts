/**
 * How many orchestrators a stage runs, and what they need at most.
 *
 * A rolling deploy starts new tasks before it stops old ones. ECS may run just one task more than the
 * minimum, so a deploy always makes progress and needs little extra:
 *
 * | LEO_ORCHESTRATORS | maximumPercent | at once during a deploy |
 * | 1                 | 200            | 2                       |
 * | 2                 | 150            | 3                       |
 * | 2-4               | 150            | 6                       |
 */
import { z } from "zod";

/** Leaves room for a burst while another task starts, which takes about a minute. */
const CPU_PERCENT_DEFAULT = 60;
const TASKS_MAX = 20;
/** An orchestrator's minimum: one connection that listens, and one for everything else. */
export const CONNECTIONS_MIN = 2;

export interface Scaling {
  min: number;
  max: number;
  /** Average CPU that autoscaling aims for; used only if `min` is less than `max`. */
  cpuPercent: number;
}

const FORM = /^([1-9]\d?)(?:-([1-9]\d?)(?:@([1-9]\d))?)?$/;

/** `1`, `2`, `2-4` or `2-4@70`: minimum, maximum, CPU target in percent. */
export const Orchestrators = z.string().transform((text, context): Scaling => {
  const refuse = (message: string) => {
    context.addIssue({ code: "custom", message });
    return z.NEVER;
  };
  const [, first, last, percent] = FORM.exec(text.trim()) ?? [];
  if (first === undefined)
    return refuse(
      `"${text}" is not a number such as 2, a range such as 2-4, or one with a CPU target, 2-4@70`,
    );
  const min = Number(first);
  const max = Number(last ?? first);
  if (max < min) return refuse(`${min}-${max} ends before it begins`);
  if (max > TASKS_MAX) return refuse(`${max} are more than ${TASKS_MAX}`);
  return { min, max, cpuPercent: Number(percent ?? CPU_PERCENT_DEFAULT) };
});

/** ECS's `maximumPercent`: one task more than the minimum. ECS rounds down. */
export const deployPercent = ({ min }: Scaling): number => Math.ceil((100 * (min + 1)) / min);

/** Tasks that may run at once during a deploy. */
export const tasksDuringDeploy = (scaling: Scaling): number =>
  Math.floor((scaling.max * deployPercent(scaling)) / 100);

export interface ConnectionNeed {
  /** Outside a deploy. */
  running: number;
  duringDeploy: number;
}

/** The most database connections that a stage's orchestrators use together. */
export const neededConnections = (scaling: Scaling, perTask: number): ConnectionNeed => ({
  running: scaling.max * perTask,
  duringDeploy: tasksDuringDeploy(scaling) * perTask,
});

/** Why the orchestrators don't fit into the database's pooler, and what would fit; undefined if they do. */
export const poolerProblem = (scaling: Scaling, perTask: number, poolerSize: number): string | undefined => {
  const tasks = tasksDuringDeploy(scaling);
  if (tasks * perTask <= poolerSize) return undefined;
  const fits = Math.floor(poolerSize / tasks);
  const smaller = fits >= CONNECTIONS_MIN ? `set it to ${fits}` : "lower LEO_ORCHESTRATORS";
  return `a deploy runs up to ${tasks} orchestrators with ${perTask} connections each, ${tasks * perTask} in all, and the pooler has LEO_DATABASE_POOLER_SIZE=${poolerSize}; ${smaller}, or raise the pool size in Supabase and then here`;
};
