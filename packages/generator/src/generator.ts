/** The generator's process: one socket, one run, one exit code. */
import type { Logger } from "pino";
import { failure } from "@leo/core/failure.ts";
import { LIMITS } from "@leo/core/limits.ts";
import { EXIT_SANDBOX_LOST } from "@leo/core/task-stop.ts";
import type { StartGeneration } from "@leo/core/protocol/generator.ts";
import type { Config } from "./config.ts";
import { CANCELLED, Stopped, unlessStopped, type StopCause } from "./generation/stop-cause.ts";
import { UserMessages } from "./generation/user-messages.ts";
import { cleanFact, type Report } from "./report.ts";
import { Sandbox, SandboxError } from "./sandbox/sandbox.ts";
import { systemClock, type Clock } from "./socket/clock.ts";
import { OrchestratorLink, type LinkOptions, type Rejection } from "./socket/link.ts";

export interface GeneratorOptions {
  config: Config;
  logger: Logger;
  /** Aborts when the process is asked to end. */
  terminate: AbortSignal;
  clock?: Clock;
  /** Resolves with the task's sandbox once it responds. */
  sandbox: Promise<Sandbox>;
}

/** The exit code of a process that SIGTERM ended. */
const EXIT_TERMINATED = 143;
/** How long the last facts may take to arrive after SIGTERM. */
const LAST_WORDS_MS = 3_000;
/** How long a run past its deadline keeps trying to deliver its last facts. */
const DELIVERY_MS = 30_000;

const REJECTION_EXIT: Record<Rejection, number> = { fenced: 0, finished: 0, unauthenticated: 1, protocol: 1 };

/** ECS explains a sandbox that went away. One that misbehaves is the run's failure. */
const lossOf = (error: SandboxError): StopCause =>
  error.isLost
    ? { kind: "sandbox_lost" }
    : { kind: "failed", failure: failure("agent_error", error.message) };

class Generator {
  readonly #config: Config;
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #terminate: AbortSignal;
  readonly #sandbox: Promise<Sandbox>;
  readonly #deadlineMs: number;
  readonly #link: OrchestratorLink;
  readonly #stop = new AbortController();
  readonly #userMessages = new UserMessages();
  readonly #work = Promise.withResolvers<StartGeneration>();
  readonly #rejected = Promise.withResolvers<void>();
  #rejection: Rejection | undefined;
  #isStarted = false;
  /** There is a run, which reports its own end. */
  #hasRun = false;
  #isSandboxLost = false;
  #isSandboxGivenUp = false;

  constructor({ config, logger, terminate, clock = systemClock, sandbox }: GeneratorOptions) {
    this.#config = config;
    this.#logger = logger;
    this.#clock = clock;
    this.#terminate = terminate;
    this.#sandbox = sandbox;
    this.#deadlineMs = Date.parse(config.LEO_DEADLINE_AT ?? "") || clock.nowMs() + LIMITS.deadlineMs;
    this.#link = new OrchestratorLink({
      url: config.LEO_GENERATOR_URL,
      token: config.LEO_ATTEMPT_TOKEN,
      logger,
      clock,
      isStarted: () => this.#isStarted,
      onMessage: (message) => this.#receive(message),
      onRejected: (rejection) => this.#onRejected(rejection),
    });
  }

  async run(): Promise<number> {
    this.#report({ type: "progress", step: "preparing" });
    this.#terminate.addEventListener("abort", () => this.#end({ kind: "interrupted" }), { once: true });
    if (this.#terminate.aborted) this.#end({ kind: "interrupted" });
    const cause = await this.#doWork();
    if (!this.#isStarted && cause?.kind === "cancelled") {
      this.#report({ type: "all_work_complete", failure: CANCELLED });
    }
    if (this.#isSandboxGivenUp && !this.#hasRun && cause?.kind === "failed") {
      this.#report({ type: "all_work_complete", failure: cause.failure });
    }
    await this.#untilDelivered();
    this.#link.close();
    this.#logger.info(
      { event: "generator_ends", cause: cause?.kind, rejection: this.#rejection },
      "the generator ends",
    );
    return this.#exitCode(cause);
  }

  async #doWork(): Promise<StopCause | undefined> {
    const cancelDeadline = this.#clock.after(this.#deadlineMs - this.#clock.nowMs(), () =>
      this.#end({ kind: "failed", failure: failure("deadline", "no work was given") }),
    );
    let sandbox: Sandbox | undefined;
    try {
      sandbox = await unlessStopped(this.#sandbox, this.#stop.signal);
      void sandbox.lost.then((error) => this.#onSandboxLost(error));
      this.#logger.info({ event: "sandbox_ready" }, "the sandbox answers");
      // Prepares and loads what comes next while the orchestrator responds and the agent's process starts.
      const [start, { GenerationRun }] = await unlessStopped(
        Promise.all([
          this.#work.promise,
          import("./generation/run.ts"),
          import("./agent/sdk.ts"),
          sandbox.call({ operation: "prepare" }),
        ]),
        this.#stop.signal,
      );
      const { generationId, attempt, mode } = start;
      this.#logger.info({ event: "work_received", generationId, attempt, mode }, "work received");
      this.#hasRun = true;
      return await new GenerationRun({
        start,
        sandbox,
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
      if (error instanceof SandboxError) return lossOf(error);
      throw error;
    } finally {
      cancelDeadline();
      sandbox?.close();
    }
  }

  #receive(message: Parameters<LinkOptions["onMessage"]>[0]): void {
    if (message.type === "cancel") return this.#end({ kind: "cancelled" });
    if (message.type === "start_generation") {
      this.#isStarted = true;
      return this.#work.resolve(message);
    }
    if (this.#userMessages.add(message)) return;
    const text = `More than ${LIMITS.userMessagesMax} requests are waiting, so the newest was dropped.`;
    this.#report({ type: "log", level: "warn", text });
  }

  #onRejected(rejection: Rejection): void {
    this.#rejection = rejection;
    this.#logger.warn(
      { event: "rejected", rejection },
      "the orchestrator wants nothing more of this attempt",
    );
    this.#end({ kind: "abandoned" });
    this.#rejected.resolve();
  }

  #onSandboxLost(error: SandboxError): void {
    this.#logger.warn({ event: "sandbox_lost", err: error }, "the sandbox is no longer usable");
    this.#isSandboxLost = error.isLost;
    this.#isSandboxGivenUp = !error.isLost;
    this.#end(lossOf(error));
  }

  /** Only the first cause counts. */
  #end(cause: StopCause): void {
    this.#stop.abort(new Stopped(cause));
  }

  #report: Report = (fact) => {
    const clean = cleanFact(fact);
    if (clean.type === "log" || clean.type === "error")
      this.#logger.info({ event: "fact_reported", fact: clean }, "reported");
    this.#link.send(clean);
  };

  /** Waits until everything is acknowledged, or until waiting is useless. */
  async #untilDelivered(): Promise<void> {
    if (this.#rejection) return;
    const leftMs = Math.max(this.#deadlineMs - this.#clock.nowMs(), DELIVERY_MS);
    const tooLate = Promise.withResolvers<void>();
    const giveUp = () => this.#clock.after(LAST_WORDS_MS, () => tooLate.resolve());
    const cancel = this.#clock.after(leftMs, () => tooLate.resolve());
    if (this.#terminate.aborted) giveUp();
    this.#terminate.addEventListener("abort", giveUp, { once: true });
    await Promise.race([this.#link.delivered(), this.#rejected.promise, tooLate.promise]);
    cancel();
  }

  #exitCode(cause: StopCause | undefined): number {
    if (this.#rejection) return REJECTION_EXIT[this.#rejection];
    // Even if the task is being stopped, because this may be why.
    if (this.#isSandboxLost) return EXIT_SANDBOX_LOST;
    if (cause?.kind === "interrupted") return EXIT_TERMINATED;
    return this.#isStarted || cause?.kind === "cancelled" ? 0 : 1;
  }
}

/**
 * Connects, does the work it is given and waits until all of it is acknowledged.
 * @returns the process's exit code
 */
export const runGenerator = (options: GeneratorOptions): Promise<number> => new Generator(options).run();
