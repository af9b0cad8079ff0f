/**
 * The agent as a run sees it: turns that succeed or throw why the run must end. A process that
 * crashed is started again once, in the same session.
 */
import type { Logger } from "pino";
import { failed } from "../generation/stop-cause.ts";
import type { Report } from "../report.ts";
import { AgentCrash, AppGeneratorAgent, type AgentOptions, type TurnEnd } from "./agent.ts";
import { restartedPrompt } from "./system-prompt.ts";
import { failureOfError, failureOfTurn } from "./turn-failure.ts";
import type { UsageWatch } from "./usage.ts";

const RESTARTS_MAX = 1;

export interface SessionOptions {
  /** Everything an agent needs but the session to resume. */
  agent: AgentOptions;
  usage: UsageWatch;
  report: Report;
  logger: Logger;
}

export class AgentSession {
  readonly #options: SessionOptions;
  #agent: AppGeneratorAgent;
  #restarts = 0;
  #stopped = false;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#agent = new AppGeneratorAgent(options.agent);
  }

  get id(): string | undefined {
    return this.#agent.sessionId;
  }

  /** Starts the process; it waits for the first turn. */
  start(): Promise<void> {
    return this.#agent.start();
  }

  /**
   * One prompt, answered.
   * @param planning true while no file may change
   * @returns the last text of the answer
   * @throws Stopped when the run must end
   */
  async turn(prompt: string, planning = false): Promise<string> {
    const end = await this.#promptWithRestart(prompt, planning);
    const usage = await this.#options.usage.refresh();
    const cause = failureOfTurn(end, usage);
    if (cause) throw failed(cause);
    this.#options.report({ type: "progress", step: "turn_complete" });
    return end.text;
  }

  /** Kills the process. An open turn throws. */
  stop(): void {
    this.#stopped = true;
    this.#agent.stop();
  }

  async #promptWithRestart(prompt: string, planning: boolean): Promise<TurnEnd> {
    try {
      return await this.#agent.prompt(prompt, planning);
    } catch (error) {
      const mayRestart =
        error instanceof AgentCrash && error.code === "agent_error" && !this.#stopped && this.id;
      if (!mayRestart || this.#restarts >= RESTARTS_MAX) throw failed(failureOfError(error));
      this.#options.logger.error({ err: error }, "the agent crashed and is started again");
      const text = "The agent's process crashed; it is started again and goes on.";
      this.#options.report({ type: "log", level: "warn", text });
      this.#restarts += 1;
      this.#agent = new AppGeneratorAgent({ ...this.#options.agent, resume: this.id });
      await this.#agent.start();
      return this.#promptWithRestart(restartedPrompt(prompt), planning);
    }
  }
}
