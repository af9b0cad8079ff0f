import { execFileSync } from "node:child_process";
import os from "node:os";
import { ROOT } from "@leo/local/start/settings.ts";
import type { Pool } from "pg";

const git = (...args: string[]): string => execFileSync("git", args, { cwd: ROOT, encoding: "utf8" }).trim();

/** What the numbers were measured on and of. */
export const describeMachine = async (pool: Pool) => {
  const [cpu] = os.cpus();
  const { rows } = await pool.query<{ server_version: string }>("show server_version");
  return {
    cpu: cpu?.model ?? "unknown",
    cores: os.availableParallelism(),
    memoryGb: Math.round(os.totalmem() / 2 ** 30),
    kernel: `${os.type()} ${os.release()} ${os.arch()}`,
    /** Average of the last minute when the run began; above 0 something else was at work. */
    loadAverage: os.loadavg()[0] ?? 0,
    node: process.version,
    postgres: rows[0]?.server_version ?? "unknown",
    commit: git("rev-parse", "HEAD"),
    hasLocalChanges: git("status", "--porcelain") !== "",
  };
};

export type Machine = Awaited<ReturnType<typeof describeMachine>>;
