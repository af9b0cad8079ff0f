/**
 * Lambda, every five minutes. `{"dryRun": true}` as the event only says what it would stop:
 * `aws lambda invoke --function-name leo-saas-reaper --payload '{"dryRun":true}' --cli-binary-format raw-in-base64-out /dev/stdout`
 */
import { z } from "zod";
import { parseConfig } from "@leo/core/config.ts";
import { openEcs, reap, type ReapReport } from "./reap.ts";

const Environment = z.object({
  LEO_CLUSTER: z.string().min(1),
  LEO_GENERATOR_FAMILY: z.string().min(1),
});
const Event = z.object({ dryRun: z.boolean().default(false) });

const ecs = openEcs();

/**
 * @returns what was seen and stopped
 * @throws Error when a task could not be stopped, so that the function's error count shows it
 */
export const handler = async (event: unknown): Promise<ReapReport> => {
  const { LEO_CLUSTER: cluster, LEO_GENERATOR_FAMILY: family } = parseConfig(Environment, process.env);
  const { dryRun } = Event.parse(event ?? {});
  const report = await reap(ecs, { cluster, family, dryRun, now: new Date() });
  console.log(JSON.stringify({ event: "reaped", dryRun, ...report }));
  if (report.failed.length === 0) return report;
  throw new Error(`${report.failed.length} overdue tasks could not be stopped`);
};
