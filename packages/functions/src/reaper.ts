/**
 * A Lambda that runs every five minutes. The event `{"dryRun": true}` only reports what it would stop:
 * `aws lambda invoke --function-name leo-saas-reaper --payload '{"dryRun":true}' --cli-binary-format raw-in-base64-out /dev/stdout`
 * The deploy also invokes it when the stage is created, changed or removed: see `infra/generators-end.ts`.
 */
import { z } from "zod";
import { parseConfig } from "@leo/core/config.ts";
import { openEcs, reap, stopAll, type ReapReport } from "./reap.ts";

const Environment = z.object({
  LEO_CLUSTER: z.string().min(1),
  LEO_GENERATOR_FAMILY: z.string().min(1),
});
const Event = z.object({
  dryRun: z.boolean().default(false),
  /** As the deploy's AWS provider sends it. */
  tf: z.object({ action: z.enum(["create", "update", "delete"]) }).optional(),
});

/** Containers have 120 s to stop, and Fargate takes about another minute to release their network. */
const STOP_WAIT_MS = 4 * 60_000;
const STOP_INTERVAL_MS = 3_000;

const ecs = openEcs();

/**
 * @returns what it saw and stopped
 * @throws Error if a task couldn't be stopped, so that the function's error count shows it
 */
export const handler = async (
  event: unknown,
): Promise<ReapReport | Awaited<ReturnType<typeof stopAll>> | { action: string }> => {
  const { LEO_CLUSTER: cluster, LEO_GENERATOR_FAMILY: family } = parseConfig(Environment, process.env);
  const { dryRun, tf } = Event.parse(event ?? {});
  if (tf?.action === "delete") {
    const report = await stopAll(ecs, {
      cluster,
      family,
      waitMs: STOP_WAIT_MS,
      intervalMs: STOP_INTERVAL_MS,
    });
    console.log(JSON.stringify({ event: "stage_removed", ...report }));
    return report;
  }
  // A stage that's being created has no generators, and this role may not have propagated yet.
  if (tf) return tf;
  const report = await reap(ecs, { cluster, family, dryRun, now: new Date() });
  console.log(JSON.stringify({ event: "reaped", dryRun, ...report }));
  if (report.failed.length === 0) return report;
  throw new Error(`${report.failed.length} overdue tasks could not be stopped`);
};
