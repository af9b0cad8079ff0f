/**
 * The agent's process takes longer to start than anything else before its first word, so it starts
 * while its work is still on the way, with the limits that the work is expected to have. Work with
 * other limits, or with a session to resume, gets a process of its own, and this one is ended first.
 */
import type { StartGeneration } from "@leo/core/protocol/generator.ts";
import { killAll } from "../sandbox/kill-all.ts";
import { AppGeneratorAgent, type AgentOptions } from "./agent.ts";

export type WarmOptions = Omit<AgentOptions, "resume">;

export class WarmAgent {
  readonly #options: WarmOptions;
  #agent: AppGeneratorAgent | undefined;
  #starting: Promise<void> | undefined;

  constructor(options: WarmOptions) {
    this.#options = options;
    this.#agent = new AppGeneratorAgent(options);
  }

  /** Starts the process; nobody needs to wait. A failure to start is told by whoever uses it. */
  start(): void {
    this.#starting = this.#agent?.start();
    this.#starting?.catch((error: unknown) => {
      this.#options.logger.warn(
        { event: "warm_start_failed", err: error },
        "the agent did not start ahead of its work",
      );
      return this.end();
    });
  }

  /**
   * Hands the process over to the work, once.
   * @returns undefined where there is none that fits; no process is left then
   */
  async take(start: Pick<StartGeneration, "limits" | "previous">): Promise<AppGeneratorAgent | undefined> {
    const { limits } = this.#options;
    const fits =
      start.previous === undefined &&
      start.limits.maxTurns === limits.maxTurns &&
      start.limits.budgetUsd === limits.budgetUsd;
    if (!fits || !this.#agent || this.#agent.ended) {
      await this.end();
      return undefined;
    }
    const agent = this.#agent;
    this.#agent = undefined;
    return agent;
  }

  /** Ends the process and all it started, unless it was taken. */
  async end(): Promise<void> {
    const agent = this.#agent;
    if (!agent) return;
    this.#agent = undefined;
    agent.stop();
    await this.#starting?.catch(() => undefined);
    await killAll(this.#options.sandbox);
  }
}
