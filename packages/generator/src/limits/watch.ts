/** Checks every two seconds that a run stays within its limits. Each limit has its own failure code. */
import type { Logger } from "pino";
import { failure, type Failure } from "@leo/core/failure.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import type { Clock } from "../socket/clock.ts";

const INTERVAL_MS = 2_000;

export interface RunLimits {
  maxBytes: number;
  maxFiles: number;
  maxProcesses: number;
  minFreeBytes: number;
}

export interface WatchOptions {
  sandbox: Pick<Sandbox, "call">;
  limits: RunLimits;
  clock: Clock;
  logger: Logger;
  /** Called once, with the first limit that was exceeded. */
  onPassed: (failure: Failure) => void;
}

/** The limit that a run exceeds, if any. Files that fill the disk count as too many or too large files. */
export const findPassedLimit = async (
  sandbox: Pick<Sandbox, "call">,
  { maxBytes, maxFiles, maxProcesses, minFreeBytes }: RunLimits,
): Promise<Failure | undefined> => {
  const { processes, files, sizeBytes, freeBytes } = await sandbox.call({ operation: "measure" });
  if (processes > maxProcesses)
    return failure("process_limit", `${processes} processes, ${maxProcesses} are allowed`);
  if (files > maxFiles) return failure("too_many_files", `${files} files, ${maxFiles} are allowed`);
  if (sizeBytes > maxBytes)
    return failure("workspace_too_large", `${sizeBytes} bytes, ${maxBytes} are allowed`);
  if (freeBytes < minFreeBytes)
    return failure("disk_full", `${freeBytes} bytes are free, ${minFreeBytes} must be`);
  return undefined;
};

/** Watches until the returned function is called. */
export const watchLimits = ({ sandbox, limits, clock, logger, onPassed }: WatchOptions): (() => void) => {
  let cancel = () => {};
  let stopped = false;
  const look = async () => {
    try {
      const passed = await findPassedLimit(sandbox, limits);
      if (stopped) return;
      if (passed) return onPassed(passed);
    } catch (error) {
      // The tree changed while it was read; the next check covers it.
      logger.debug({ event: "limits_unreadable", err: error }, "limits could not be read");
    }
    if (!stopped) cancel = clock.after(INTERVAL_MS, () => void look());
  };
  cancel = clock.after(INTERVAL_MS, () => void look());
  return () => {
    stopped = true;
    cancel();
  };
};
