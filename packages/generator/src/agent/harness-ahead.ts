/**
 * The harness's process, started by the sandbox before its host has loaded its own code or read its settings.
 * What it is started with is a guess from the environment. The driver gets the process only if it asks for
 * the very same one; another is ended first.
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
    // Told by whoever starts its own in place of this one.
    this.#child.once("error", () => {
      this.#child = undefined;
    });
  }

  /**
   * Hands the process over, once.
   * @returns undefined where it is not the one that is asked for or has ended; it is gone then
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

  /** Ends the process and all it started, unless it was taken. */
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
  /** The directories of the run, made for the process. */
  paths: RunPaths;
  harness: HarnessAhead | undefined;
}

/**
 * Starts the harness for the work that this environment announces.
 * @param env as the sandbox was started with it, unchecked; what is empty counts as not set
 * @returns undefined where it announces none
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
