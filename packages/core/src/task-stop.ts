/**
 * What a stopped ECS task means, from DescribeTasks or a task-state event. The classes follow the ECS API's
 * stop codes and stopped reasons.
 */
import { z } from "zod";
import { failure, type Failure } from "./failure.ts";
import { DRIVER_CONTAINER, SANDBOX_CONTAINER } from "./task-containers.ts";

export const StoppedTask = z.object({
  stopCode: z.string().optional(),
  stoppedReason: z.string().optional(),
  containers: z.array(
    z.object({ name: z.string(), exitCode: z.int().nullish(), reason: z.string().optional() }),
  ),
});
export type StoppedTask = z.infer<typeof StoppedTask>;

/** Reasons that Leo itself passes to StopTask. */
export const STOP_REASON = {
  cancel: "leo:cancel",
  deadline: "leo:deadline",
  orphan: "leo:orphan",
  startTimeout: "leo:start-timeout",
  heartbeatLost: "leo:heartbeat-lost",
  stalled: "leo:stalled",
  outputTooLarge: "leo:output-too-large",
} as const;

/** The driver's exit code when its sandbox went away: caused by the run's own code, not the platform. */
export const EXIT_SANDBOX_LOST = 3;

export type StopClass =
  | "clean_exit"
  | "crashed"
  | "sandbox_lost"
  | "out_of_memory"
  | "stopped_by_leo"
  | "spot"
  | "image_transient"
  | "image_fatal"
  | "bootstrap"
  | "infrastructure";

export interface StopVerdict {
  class: StopClass;
  /** Whether a new attempt could help. */
  retry: boolean;
  /** The next attempt wants more memory. */
  moreMemory: boolean;
  /** The next attempt must not run on Spot capacity. */
  onDemand: boolean;
  /** ECS reports a platform failure, which nothing that runs in the task can cause. */
  isPlatformFault: boolean;
  failure: Failure;
}

/** Ends reported by ECS itself, and those of the driver, which nothing in the sandbox can end. */
const PLATFORM_FAULTS = new Set<StopClass>([
  "crashed",
  "spot",
  "image_transient",
  "image_fatal",
  "bootstrap",
  "infrastructure",
]);

const verdict = (
  stopClass: StopClass,
  cause: Failure,
  options: Partial<Pick<StopVerdict, "retry" | "moreMemory" | "onDemand" | "isPlatformFault">> = {},
): StopVerdict => ({
  class: stopClass,
  retry: false,
  moreMemory: false,
  onDemand: false,
  isPlatformFault: PLATFORM_FAULTS.has(stopClass),
  failure: cause,
  ...options,
});

/** Stop codes for a lost host, even if Leo asked for a stop meanwhile. */
const HOST_LOST = new Set(["SpotInterruption", "TerminationNotice", "InfrastructureHealth"]);
const FATAL_PULL = /manifest unknown|not found|denied|unauthori[sz]ed|no basic auth/i;

const leoFailure = (reason: string): Failure => {
  if (reason.startsWith(STOP_REASON.deadline)) return failure("deadline", reason);
  if (reason.startsWith(STOP_REASON.startTimeout)) return failure("start_timeout", reason);
  if (reason.startsWith(STOP_REASON.heartbeatLost)) return failure("heartbeat_lost", reason);
  if (reason.startsWith(STOP_REASON.outputTooLarge)) return failure("output_too_large", reason);
  if (reason.startsWith(STOP_REASON.stalled)) return failure("stalled", reason);
  return failure("interrupted", reason);
};

/** Whose exit ended the task: the driver is the platform's fault, the sandbox the run's. */
const exitVerdict = (task: StoppedTask, detail: string): StopVerdict | undefined => {
  const exitOf = (name: string) => task.containers.find((container) => container.name === name)?.exitCode;
  const [driver, sandbox] = [exitOf(DRIVER_CONTAINER), exitOf(SANDBOX_CONTAINER)];
  const said = (exitCode: number) => `exit ${exitCode}; ${detail}`;
  if (driver === EXIT_SANDBOX_LOST || (driver == null && sandbox != null))
    return verdict("sandbox_lost", failure("agent_error", said(sandbox ?? driver ?? 0)), { retry: true });
  if (driver == null) return undefined;
  return driver === 0
    ? verdict("clean_exit", failure("internal", `exit 0 without a result; ${detail}`), { retry: true })
    : verdict("crashed", failure("internal", said(driver)), { retry: true });
};

/**
 * Classifies a stopped task.
 * @param task stop code, stopped reason and containers, as ECS reports them
 */
export const classifyStop = (task: StoppedTask): StopVerdict => {
  const reason = task.stoppedReason ?? "";
  const reasons = [reason, ...task.containers.map((container) => container.reason ?? "")];
  const said = (text: string) => reasons.some((line) => line.includes(text));
  const detail = reasons.filter(Boolean).join("; ") || task.stopCode || "no reason given";
  const isDriverOut = task.containers.some(
    (container) => container.name === DRIVER_CONTAINER && container.reason?.includes("OutOfMemoryError"),
  );

  if (reason.startsWith("leo:")) {
    const isPlatformFault = reason.startsWith(STOP_REASON.startTimeout) || HOST_LOST.has(task.stopCode ?? "");
    return verdict("stopped_by_leo", leoFailure(reason), { isPlatformFault });
  }
  // The driver's memory doesn't grow with the task's.
  if (isDriverOut) return verdict("crashed", failure("internal", detail), { retry: true });
  if (said("OutOfMemoryError")) {
    return verdict("out_of_memory", failure("out_of_memory", detail), { retry: true, moreMemory: true });
  }
  if (task.stopCode === "SpotInterruption" || task.stopCode === "TerminationNotice") {
    return verdict("spot", failure("interrupted", detail), { retry: true, onDemand: true });
  }
  if (said("CannotPullContainerError") || said("CannotPullImageManifestError")) {
    return FATAL_PULL.test(detail)
      ? verdict("image_fatal", failure("image_pull", detail))
      : verdict("image_transient", failure("image_pull", detail), { retry: true });
  }
  if (said("ResourceInitializationError")) {
    return verdict("bootstrap", failure("internal", detail), { retry: true });
  }
  const ended = task.stopCode === "EssentialContainerExited" ? exitVerdict(task, detail) : undefined;
  if (ended) return ended;
  return verdict("infrastructure", failure("interrupted", detail), { retry: true });
};
