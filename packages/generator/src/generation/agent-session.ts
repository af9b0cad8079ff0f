/**
 * The agent as a run sees it: each turn either succeeds or throws why the run has to end. A crashed process is
 * restarted once, in the same session.
 */
import type { Logger } from "pino";
import { failed } from "./stop-cause.ts";
import {
  AgentCrash,
  AppGeneratorAgent,
  type AgentListener,
  type AgentOptions,
  type TurnEnd,
} from "../agent/agent.ts";
import type { ModelWatch } from "../agent/model-watch.ts";
import { brokenOffPrompt, restartedPrompt } from "../agent/system-prompt.ts";
import { failureOfError, failureOfTurn } from "./turn-failure.ts";
import { ANSWER_BROKE_OFF } from "../agent/translator.ts";
import type { UsageWatch } from "../agent/usage.ts";

const RESTARTS_MAX = 1;
/** Pauses after a turn that failed because the model's answers broke off. The first one doubles up to the longest. */
const PAUSE_MIN_MS = 1_000;
const PAUSE_MAX_MS = 30_000;

export interface SessionOptions {
  agent: AgentOptions;
  listener: AgentListener;
  usage: UsageWatch;
  model: Pick<ModelWatch, "refresh" | "fault">;
  logger: Logger;
}

export class AgentSession {
  readonly #options: SessionOptions;
  #agent: AppGeneratorAgent;
  #restarts = 0;
  #stopped = false;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#agent = new AppGeneratorAgent(options.agent, options.listener);
  }

  get id(): string | undefined {
    return this.#agent.sessionId;
  }

  /** Starts the process, which waits for the first turn. */
  start(): Promise<void> {
    return this.#agent.start();
  }

  /**
   * Runs one turn.
   * @param planning true while no file may change
   * @returns the last text of the agent's answer
   * @throws Stopped when the run has to end
   */
  async turn(prompt: string, planning = false): Promise<string> {
    const { listener, usage, model } = this.#options;
    let end = await this.#promptWithRestart(prompt, planning);
    for (let tries = 1; ; tries += 1) {
      const [totals] = await Promise.all([usage.refresh(), model.refresh()]);
      const cause = failureOfTurn(end, totals, model.fault);
      if (!cause) break;
      // The harness gave up on broken-off answers. The run keeps trying until its deadline.
      if (cause.code !== "model_unavailable") throw failed(cause);
      await this.#pause(tries);
      end = await this.#promptWithRestart(brokenOffPrompt(prompt), planning);
    }
    listener.report({ type: "progress", step: "turn_complete" });
    return end.text;
  }

  /** Called when the agent starts or stops waiting for the model. */
  waitForModel(waits: boolean): void {
    this.#agent.waitForModel(waits);
  }

  /** Without a transcript, the session can't be resumed. */
  async #hasTranscript(): Promise<boolean> {
    const { sandbox } = this.#options.agent;
    const sessionId = this.id;
    return sessionId !== undefined && (await sandbox.call({ operation: "has_session", sessionId })).found;
  }

  /** Kills the process. An open turn throws. */
  stop(): void {
    this.#stopped = true;
    this.#agent.stop();
  }

  async #pause(tries: number): Promise<void> {
    const { listener, agent } = this.#options;
    const { clock } = agent;
    const pauseMs = Math.min(PAUSE_MAX_MS, PAUSE_MIN_MS * 2 ** Math.min(tries - 1, 20));
    const retryAt = new Date(clock.nowMs() + pauseMs).toISOString();
    listener.report({ type: "progress", step: "rate_limited", text: ANSWER_BROKE_OFF, retryAt });
    const { promise, resolve } = Promise.withResolvers<void>();
    clock.after(pauseMs, resolve);
    await promise;
    listener.report({ type: "progress", step: "agent" });
  }

  async #promptWithRestart(prompt: string, planning: boolean): Promise<TurnEnd> {
    try {
      return await this.#agent.prompt(prompt, planning);
    } catch (error) {
      const mayRestart = error instanceof AgentCrash && error.code === "agent_error" && !this.#stopped;
      if (!mayRestart || this.#restarts >= RESTARTS_MAX) throw failed(failureOfError(error));
      this.#options.logger.error(
        { event: "agent_crashed", err: error },
        "the agent crashed and is restarted",
      );
      const text = "The agent's process crashed. Leo restarts it, and it continues.";
      this.#options.listener.report({ type: "log", level: "warn", text });
      this.#restarts += 1;
      const resume = (await this.#hasTranscript()) ? this.id : undefined;
      this.#agent = new AppGeneratorAgent({ ...this.#options.agent, resume }, this.#options.listener);
      await this.#agent.start();
      // Without a transcript, the agent never saw the prompt.
      return this.#promptWithRestart(resume ? restartedPrompt(prompt) : prompt, planning);
    }
  }
}
