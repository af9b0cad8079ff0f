/**
 * The harness's process, which the sandbox starts before its host has loaded its code or read its settings.
 * Its arguments are a guess from the environment. The driver gets this process only if it asks for exactly
 * the same command; otherwise the process is killed.
 */
import type { ChildProcess } from "node:child_process";
import { isDeepStrictEqual } from "node:util";
import { DEFAULT_GATEWAY_PORT, gatewayUrl } from "../gateway/port.ts";
import { killFamily } from "../process/family.ts";
import { killGroup, readProcessLimit, spawnLimited } from "../process/limited.ts";
import { createRunPaths, type RunPaths } from "../run-paths.ts";
import { harnessCommand, type Command } from "./harness.ts";
import { DEFAULT_MODEL, DEFAULT_SMALL_MODEL } from "./default-models.ts";

export class HarnessAhead {
  readonly #command: Command;
  readonly #home: string;
  #child: ChildProcess | undefined;

  /** @param limit from `readProcessLimit` */
  constructor(command: Command, home: string, limit: number) {
    this.#command = command;
    this.#home = home;
    const { args, cwd, env } = command;
    this.#child = spawnLimited(command.command, args, { cwd, env, stdio: ["pipe", "pipe", "pipe"] }, limit);
    // Whoever starts a process in its place reports the error.
    this.#child.once("error", () => {
      this.#child = undefined;
    });
  }

  /**
   * Hands the process over, once.
   * @returns undefined if the command differs or the process has ended; nothing is left of it then
   */
  take(command: Command): ChildProcess | undefined {
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null) return undefined;
    if (!isDeepStrictEqual(command, this.#command)) {
      this.#kill();
      return undefined;
    }
    this.#child = undefined;
    return child;
  }

  /** Kills the process and everything it started, unless it was handed over. */
  async end(): Promise<void> {
    if (!this.#child) return;
    this.#kill();
    await killFamily(this.#home);
  }

  #kill(): void {
    if (this.#child) killGroup(this.#child);
    this.#child = undefined;
  }
}

export interface Ahead {
  /** The run's directories, created for the process. */
  paths: RunPaths;
  harness: HarnessAhead | undefined;
}

/**
 * Starts the harness for the work that the environment announces.
 * @param env the sandbox's, unchecked; an empty variable counts as unset
 * @returns undefined if it announces no work
 */
export const startAhead = (env: Record<string, string | undefined>): Ahead | undefined => {
  const maxTurns = Number(env.LEO_MAX_TURNS);
  const budgetUsd = Number(env.LEO_BUDGET_USD);
  if (!(maxTurns > 0) || !(budgetUsd > 0)) return undefined;
  const paths = createRunPaths(env.LEO_WORKSPACE_ROOT || undefined);
  const model = {
    baseUrl: gatewayUrl(Number(env.GATEWAY_PORT || DEFAULT_GATEWAY_PORT)),
    name: env.LEO_MODEL || DEFAULT_MODEL,
    small: env.LEO_SMALL_MODEL || DEFAULT_SMALL_MODEL,
  };
  const command = harnessCommand({ paths, model, limits: { maxTurns, budgetUsd } });
  return { paths, harness: command && new HarnessAhead(command, paths.home, readProcessLimit()) };
};
