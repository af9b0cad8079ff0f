import type { TaskFault } from "./faults.ts";

/** Why a task stops, in ECS's words. */
export interface StopCause {
  stopCode: string;
  stoppedReason: string;
  /** No grace, no exit codes. */
  hostLost?: boolean;
  /** It fails while the image is pulled, in PENDING, not before. */
  pulling?: boolean;
}

const IMAGE = `${"0".repeat(12)}.dkr.ecr.us-east-1.amazonaws.com/leo:latest`;

const PULL_FAILURE = {
  transient: `CannotPullContainerError: pull image manifest has been retried 5 time(s): failed to resolve ref ${IMAGE}: dial tcp 10.0.0.1:443: i/o timeout`,
  fatal: `CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref ${IMAGE}: manifest unknown: Requested image not found`,
};

/** How a task with this fault fails to start; undefined when it starts. */
export const startFailure = (fault: TaskFault | undefined): StopCause | undefined => {
  if (fault?.kind === "image_pull") {
    const stoppedReason = fault.transient ? PULL_FAILURE.transient : PULL_FAILURE.fatal;
    return { stopCode: "TaskFailedToStart", stoppedReason, pulling: true };
  }
  if (fault?.kind === "resource_initialization") {
    const stoppedReason =
      "ResourceInitializationError: unable to pull secrets or registry auth: execution resource retrieval failed: unable to retrieve secrets from Secrets Manager";
    return { stopCode: "TaskFailedToStart", stoppedReason };
  }
  if (fault?.kind === "network_timeout") {
    const stoppedReason = "Timeout waiting for network interface provisioning to complete.";
    return { stopCode: "TaskFailedToStart", stoppedReason };
  }
  return undefined;
};
