/** Looks every two seconds whether a run stays within its limits. */
import { statfs } from "node:fs/promises";
import type { Logger } from "pino";
import type { Failure } from "@leo/core/failure.ts";
import { findFamily } from "../process/family.ts";
import type { Clock } from "../socket/clock.ts";
import { listFiles, totalBytes } from "../workspace/files.ts";
import type { RunPaths } from "../workspace/paths.ts";
import { limitFailure } from "./limit-failure.ts";

const INTERVAL_MS = 2_000;

export interface LimitOptions {
  paths: RunPaths;
  maxBytes: number;
  maxFiles: number;
  maxProcesses: number;
  minFreeBytes: number;
  clock: Clock;
  logger: Logger;
  /** Called once, with the first limit that was passed. */
  onPassed: (failure: Failure) => void;
}

const checkFiles = async ({ paths, maxBytes, maxFiles }: LimitOptions) => {
  const { files } = await listFiles(paths.workspace);
  const sizeBytes = totalBytes({ files });
  if (files.length > maxFiles) {
    return limitFailure("workspace", `${files.length} files, ${maxFiles} are allowed`);
  }
  if (sizeBytes > maxBytes) {
    return limitFailure("workspace", `${sizeBytes} bytes, ${maxBytes} are allowed`);
  }
  return undefined;
};

const checkDisk = async ({ paths, minFreeBytes }: LimitOptions) => {
  const { bavail, bsize } = await statfs(paths.root);
  const freeBytes = bavail * bsize;
  return freeBytes < minFreeBytes
    ? limitFailure("disk", `${freeBytes} bytes are free, ${minFreeBytes} must be`)
    : undefined;
};

const checkProcesses = async ({ paths, maxProcesses }: LimitOptions) => {
  const pids = await findFamily(paths.home);
  return pids.length > maxProcesses
    ? limitFailure("processes", `${pids.length} processes, ${maxProcesses} are allowed`)
    : undefined;
};

/** The limit that a run has passed, if any. */
export const findPassedLimit = async (options: LimitOptions): Promise<Failure | undefined> => {
  const checks = [checkProcesses, checkDisk, checkFiles].map((check) => check(options));
  const results = await Promise.all(checks);
  return results.find((passed) => passed !== undefined);
};

/** Watches until the returned function is called. */
export const watchLimits = (options: LimitOptions): (() => void) => {
  let cancel = () => {};
  let stopped = false;
  const look = async () => {
    try {
      const passed = await findPassedLimit(options);
      if (stopped) return;
      if (passed) return options.onPassed(passed);
    } catch (error) {
      // A tree that changes while it is read: the next look will see it.
      options.logger.debug({ err: error }, "limits could not be read");
    }
    if (!stopped) cancel = options.clock.after(INTERVAL_MS, () => void look());
  };
  cancel = options.clock.after(INTERVAL_MS, () => void look());
  return () => {
    stopped = true;
    cancel();
  };
};
