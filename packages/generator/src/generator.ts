/** The generator's process: one socket, one run, one exit code. */
import { rm } from "node:fs/promises";
import type { Logger } from "pino";
import { failure } from "@leo/core/failure.ts";
import { LIMITS } from "@leo/core/limits.ts";
import type { StartGeneration } from "@leo/core/protocol/generator.ts";
import type { Ahead } from "./agent/ahead.ts";
import { agentOptions } from "./agent/options.ts";
import { WarmAgent } from "./agent/warm.ts";
import type { Config } from "./config.ts";
import { CANCELLED, Stopped, unlessStopped, type StopCause } from "./generation/stop-cause.ts";
import { UserMessages } from "./generation/user-messages.ts";
import { cleanFact, type Report } from "./report.ts";
import { systemClock, type Clock } from "./socket/clock.ts";
import { OrchestratorLink, type LinkOptions, type Refusal } from "./socket/link.ts";
import { createRunPaths, type RunPaths } from "./workspace/paths.ts";
import { prepareStarter } from "./workspace/prepare.ts";

export interface GeneratorOptions {
  config: Config;
  logger: Logger;
  /** Aborted when the process is asked to end. */
  terminate: AbortSignal;
  clock?: Clock;
  /** What was started for it before it was loaded. */
  ahead?: Ahead | undefined;
}

/** The exit code of a process that SIGTERM ended. */
const EXIT_TERMINATED = 143;
/** How long the last words may take to arrive after SIGTERM. */
const LAST_WORDS_MS = 3_000;
/** How long a run that passed its deadline still tries to be heard. */
const HEARD_MS = 30_000;

const REFUSAL_EXIT: Record<Refusal, number> = { fenced: 0, finished: 0, unauthenticated: 1, protocol: 1 };

class Generator {
  readonly #config: Config;
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #terminate: AbortSignal;
  readonly #ahead: Ahead | undefined;
  readonly #deadlineMs: number;
  readonly #link: OrchestratorLink;
  readonly #stop = new AbortController();
  readonly #userMessages = new UserMessages();
  readonly #work = Promise.withResolvers<StartGeneration>();
  readonly #refused = Promise.withResolvers<void>();
  #refusal: Refusal | undefined;
  #isStarted = false;

  constructor({ config, logger, terminate, clock = systemClock, ahead }: GeneratorOptions) {
    this.#config = config;
    this.#logger = logger;
    this.#clock = clock;
    this.#terminate = terminate;
    this.#ahead = ahead;
    this.#deadlineMs = Date.parse(config.LEO_DEADLINE_AT ?? "") || clock.nowMs() + LIMITS.deadlineMs;
    this.#link = new OrchestratorLink({
      url: config.LEO_GENERATOR_URL,
      token: config.LEO_ATTEMPT_TOKEN,
      logger,
      clock,
      isStarted: () => this.#isStarted,
      onMessage: (message) => this.#receive(message),
      onRefused: (refusal) => this.#onRefused(refusal),
    });
  }

  async run(): Promise<number> {
    const { LEO_WORKSPACE_ROOT: givenRoot } = this.#config;
    this.#report({ type: "progress", step: "preparing" });
    this.#terminate.addEventListener("abort", () => this.#end({ kind: "interrupted" }), { once: true });
    if (this.#terminate.aborted) this.#end({ kind: "interrupted" });
    const paths = this.#ahead?.paths ?? createRunPaths(givenRoot);
    const cause = await this.#doWork(paths);
    if (!this.#isStarted && cause?.kind === "cancelled") {
      this.#report({ type: "all_work_complete", failure: CANCELLED });
    }
    await this.#untilHeard();
    this.#link.close();
    if (!givenRoot) await rm(paths.root, { recursive: true, force: true });
    this.#logger.info(
      { event: "generator_ends", cause: cause?.kind, refusal: this.#refusal },
      "the generator ends",
    );
    return this.#exitCode(cause);
  }

  async #doWork(paths: RunPaths): Promise<StopCause | undefined> {
    const cancelDeadline = this.#clock.after(this.#deadlineMs - this.#clock.nowMs(), () =>
      this.#end({ kind: "failed", failure: failure("deadline", "no work was given") }),
    );
    const warm = this.#warmAgent(paths);
    try {
      // What comes next is made and loaded while the orchestrator answers and the agent's process starts.
      prepareStarter(paths, this.#config.LEO_TEMPLATE_DIR);
      const [start, { GenerationRun }] = await unlessStopped(
        Promise.all([this.#work.promise, import("./generation/run.ts"), import("./agent/sdk.ts")]),
        this.#stop.signal,
      );
      const { generationId, attempt, mode } = start;
      this.#logger.info({ event: "work_received", generationId, attempt, mode }, "work received");
      return await new GenerationRun({
        start,
        paths,
        agent: await warm?.take(start),
        config: this.#config,
        userMessages: this.#userMessages,
        report: this.#report,
        delivered: () => this.#link.delivered(),
        logger: this.#logger,
        clock: this.#clock,
        stop: this.#stop,
      }).run();
    } catch (error) {
      if (error instanceof Stopped) return error.stopCause;
      throw error;
    } finally {
      cancelDeadline();
      await warm?.end();
      await this.#ahead?.harness?.end();
    }
  }

  #warmAgent(paths: RunPaths): WarmAgent | undefined {
    const { LEO_BUDGET_USD: budgetUsd, LEO_MAX_TURNS: maxTurns } = this.#config;
    if (!budgetUsd || !maxTurns || this.#stop.signal.aborted) return undefined;
    const limits = { budgetUsd, maxTurns };
    const ahead = this.#ahead?.harness;
    const host = { paths, limits, logger: this.#logger, clock: this.#clock, ahead };
    const warm = new WarmAgent(agentOptions(this.#config, host));
    warm.start();
    return warm;
  }

  #receive(message: Parameters<LinkOptions["onMessage"]>[0]): void {
    if (message.type === "cancel") return this.#end({ kind: "cancelled" });
    if (message.type === "start_generation") {
      this.#isStarted = true;
      return this.#work.resolve(message);
    }
    if (this.#userMessages.add(message)) return;
    const text = `More than ${LIMITS.userMessagesMax} requests wait; the newest was not taken.`;
    this.#report({ type: "log", level: "warn", text });
  }

  #onRefused(refusal: Refusal): void {
    this.#refusal = refusal;
    this.#logger.warn({ event: "refused", refusal }, "the orchestrator wants nothing more of this attempt");
    this.#end({ kind: "abandoned" });
    this.#refused.resolve();
  }

  /** The first cause counts. */
  #end(cause: StopCause): void {
    this.#stop.abort(new Stopped(cause));
  }

  #report: Report = (fact) => {
    const clean = cleanFact(fact);
    if (clean.type === "log" || clean.type === "error")
      this.#logger.info({ event: "fact_reported", fact: clean }, "reported");
    this.#link.send(clean);
  };

  /** Waits until everything is acknowledged, or nobody will. */
  async #untilHeard(): Promise<void> {
    if (this.#refusal) return;
    const leftMs = Math.max(this.#deadlineMs - this.#clock.nowMs(), HEARD_MS);
    const tooLate = Promise.withResolvers<void>();
    const giveUp = () => this.#clock.after(LAST_WORDS_MS, () => tooLate.resolve());
    const cancel = this.#clock.after(leftMs, () => tooLate.resolve());
    if (this.#terminate.aborted) giveUp();
    this.#terminate.addEventListener("abort", giveUp, { once: true });
    await Promise.race([this.#link.delivered(), this.#refused.promise, tooLate.promise]);
    cancel();
  }

  #exitCode(cause: StopCause | undefined): number {
    if (this.#refusal) return REFUSAL_EXIT[this.#refusal];
    if (cause?.kind === "interrupted") return EXIT_TERMINATED;
    return this.#isStarted || cause?.kind === "cancelled" ? 0 : 1;
  }
}

/**
 * Connects, does the work it is given and waits until all of it is acknowledged.
 * @returns the process's exit code
 */
export const runGenerator = (options: GeneratorOptions): Promise<number> => new Generator(options).run();
