/** What a service's deployments say about the newest task definition. A pure function. */
import type { Service } from "@aws-sdk/client-ecs";

export type Verdict =
  | { state: "done" }
  | { state: "waiting"; doing: string }
  /** Waiting longer won't help. */
  | { state: "failed"; reason: string };

const revision = (arn: string | undefined) => arn?.split("/").at(-1) ?? "none";

/**
 * Judges a service against the newest revision of its family. After a circuit breaker's rollback the
 * deployment is COMPLETED, but runs the old revision: that's a failure.
 */
export const judge = (service: Service, newest: string): Verdict => {
  const deployments = service.deployments ?? [];
  const primary = deployments.find(({ status }) => status === "PRIMARY");
  const ofNewest = deployments.find(({ taskDefinition }) => taskDefinition === newest);
  if (!primary) return { state: "failed", reason: "The service has no primary deployment." };
  if (ofNewest?.rolloutState === "FAILED") {
    return {
      state: "failed",
      reason: `The deployment of ${revision(newest)} failed: ${ofNewest.rolloutStateReason ?? "no reason given"}`,
    };
  }
  if (primary.taskDefinition !== newest) {
    return {
      state: "failed",
      reason: `The service runs ${revision(primary.taskDefinition)}, not the newest ${revision(newest)}: the deployment was rolled back or never started.`,
    };
  }
  if (primary.rolloutState !== "COMPLETED" || deployments.length > 1) {
    const { runningCount = 0, desiredCount = 0 } = primary;
    return { state: "waiting", doing: `${revision(newest)}: ${runningCount} of ${desiredCount} tasks run` };
  }
  return { state: "done" };
};
