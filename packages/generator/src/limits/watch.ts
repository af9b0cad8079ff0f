/** Looks every two seconds whether a run stays within its limits. Each limit ends it with a code of its own. */
import { statfs } from "node:fs/promises";
import type { Logger } from "pino";
import { failure, type Failure } from "@leo/core/failure.ts";
import { findFamily } from "../process/family.ts";
import type { Clock } from "../socket/clock.ts";
import { listFiles, totalBytes } from "../workspace/files.ts";
import type { RunPaths } from "../workspace/paths.ts";

const INTERVAL_MS = 2_000;

export interface RunLimits {
  paths: RunPaths;
  maxBytes: number;
  maxFiles: number;
  maxProcesses: number;
  minFreeBytes: number;
}

export interface WatchOptions {
  limits: RunLimits;
  clock: Clock;
  logger: Logger;
  /** Called once, with the first limit that was passed. */
  onPassed: (failure: Failure) => void;
}

const checkFiles = async ({ paths, maxBytes, maxFiles }: RunLimits) => {
  const { files } = await listFiles(paths.workspace);
  const sizeBytes = totalBytes({ files });
  if (files.length > maxFiles) {
    return failure("too_many_files", `${files.length} files, ${maxFiles} are allowed`);
  }
  if (sizeBytes > maxBytes) {
    return failure("workspace_too_large", `${sizeBytes} bytes, ${maxBytes} are allowed`);
  }
  return undefined;
};

const checkDisk = async ({ paths, minFreeBytes }: RunLimits) => {
  const { bavail, bsize } = await statfs(paths.root);
  const freeBytes = bavail * bsize;
  return freeBytes < minFreeBytes
    ? failure("disk_full", `${freeBytes} bytes are free, ${minFreeBytes} must be`)
    : undefined;
};

const checkProcesses = async ({ paths, maxProcesses }: RunLimits) => {
  const pids = await findFamily(paths.home);
  return pids.length > maxProcesses
    ? failure("process_limit", `${pids.length} processes, ${maxProcesses} are allowed`)
    : undefined;
};

/** The limit that a run has passed, if any; files that fill the disk are told as files. */
export const findPassedLimit = async (limits: RunLimits): Promise<Failure | undefined> => {
  const checks = [checkProcesses, checkFiles, checkDisk].map((check) => check(limits));
  const results = await Promise.all(checks);
  return results.find((passed) => passed !== undefined);
};

/** Watches until the returned function is called. */
export const watchLimits = ({ limits, clock, logger, onPassed }: WatchOptions): (() => void) => {
  let cancel = () => {};
  let stopped = false;
  const look = async () => {
    try {
      const passed = await findPassedLimit(limits);
      if (stopped) return;
      if (passed) return onPassed(passed);
    } catch (error) {
      // A tree that changes while it is read: the next look will see it.
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
