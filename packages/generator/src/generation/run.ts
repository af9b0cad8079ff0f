/**
 * One run, from `start_generation` to `all_work_complete`. Whatever ends it early, its work is stored and the last
 * fact says why it ended, unless the attempt no longer counts.
 */
import type { Logger } from "pino";
import { failure, type Failure } from "@leo/core/failure.ts";
import type { StartGeneration } from "@leo/core/protocol/generator.ts";
import { agentOptions } from "./agent-options.ts";
import { AgentSession } from "./agent-session.ts";
import { failureOfError } from "./turn-failure.ts";
import { ModelWatch } from "../agent/model-watch.ts";
import { UsageWatch } from "../agent/usage.ts";
import { loadTar, restoreCheckpoint } from "../artifact/checkpoint.ts";
import { Checkpoints } from "../artifact/checkpoints.ts";
import { saveAnswer, saveVersion } from "../artifact/version.ts";
import { openStore } from "../artifact/store.ts";
import type { Config } from "../config.ts";
import { gatewayUrl } from "../gateway/port.ts";
import { findPassedLimit, watchLimits, type RunLimits } from "../limits/watch.ts";
import type { Report } from "../report.ts";
import { SandboxFault } from "../sandbox/fault.ts";
import { killAll } from "../sandbox/kill-all.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import type { Clock } from "../socket/clock.ts";
import type { CheckpointState } from "../workspace/checkpoint-format.ts";
import { WorkspaceChecks } from "./checks.ts";
import { CANCELLED, failed, Stopped, unlessStopped, type StopCause } from "./stop-cause.ts";
import type { UserMessages } from "./user-messages.ts";
import { doWork, type Outcome } from "./work.ts";
import { errorText } from "../error-text.ts";

export interface GenerationOptions {
  start: StartGeneration;
  config: Config;
  /** Its workspace holds the starter. */
  sandbox: Sandbox;
  userMessages: UserMessages;
  report: Report;
  /** Resolves when everything reported so far is acknowledged. */
  delivered: () => Promise<void>;
  logger: Logger;
  clock: Clock;
  /** Ends the run; aborted with a `Stopped`. */
  stop: AbortController;
}

export class GenerationRun {
  readonly #options: GenerationOptions;
  readonly #limits: RunLimits;
  readonly #store;
  readonly #checks: WorkspaceChecks;
  readonly #usage: UsageWatch;
  readonly #model: ModelWatch;
  readonly #checkpoints: Checkpoints;
  readonly #cancelWatches: (() => void)[] = [];
  #session: AgentSession | undefined;
  #restored: CheckpointState = {};
  #planAccepted = false;
  /** Fingerprint of the app at the start of the run; undefined if an earlier attempt didn't keep it. */
  #base: string | undefined;
  #outcome: Outcome = "version";
  readonly #answered: string[] = [];
  #prepared = false;

  constructor(options: GenerationOptions) {
    this.#options = options;
    const { start, config, sandbox, report, logger } = options;
    this.#store = openStore(start.artifact.bucket, config.LEO_S3_FORCE_PATH_STYLE);
    this.#limits = {
      maxBytes: config.LEO_WORKSPACE_MAX_BYTES,
      maxFiles: config.LEO_WORKSPACE_MAX_FILES,
      maxProcesses: config.LEO_AGENT_MAX_PROCESSES,
      minFreeBytes: config.LEO_DISK_RESERVE_BYTES,
    };
    this.#checks = new WorkspaceChecks({
      sandbox,
      preview: start.preview,
      limits: this.#limits,
      config,
      report,
      logger,
    });
    this.#usage = new UsageWatch(gatewayUrl(config.GATEWAY_PORT), report, logger);
    this.#model = new ModelWatch({
      gatewayUrl: gatewayUrl(config.GATEWAY_PORT),
      model: config.LEO_MODEL,
      report,
      clock: options.clock,
      logger,
      onWaiting: (waits) => this.#session?.waitForModel(waits),
      onLasting: (cause, retryAt) => options.stop.abort(failed(cause, retryAt)),
    });
    this.#checkpoints = new Checkpoints({
      prefix: start.artifact.prefix,
      sandbox,
      store: this.#store,
      state: () => ({
        sessionId: this.#session?.id,
        planAccepted: this.#planAccepted || undefined,
        answered: this.#answered,
        base: this.#base,
      }),
      workspaceVersion: () => this.#checks.reportChanges(),
    });
  }

  /** Runs to the end and reports how it ended. @returns why it ended early, if it did */
  async run(): Promise<StopCause | undefined> {
    const cause = await this.#untilStopped();
    for (const cancel of this.#cancelWatches.splice(0)) cancel();
    this.#session?.stop();
    await killAll(this.#options.sandbox);
    await this.#conclude(cause);
    this.#store.close();
    return cause;
  }

  async #untilStopped(): Promise<StopCause | undefined> {
    const { stop, logger } = this.#options;
    try {
      this.#watch();
      await unlessStopped(this.#work(), stop.signal);
      return undefined;
    } catch (error) {
      if (error instanceof Stopped) return this.#explain(error.stopCause);
      logger.error({ event: "run_failed", err: error }, "the run failed");
      return this.#explain({ kind: "failed", failure: failureOfError(error) });
    }
  }

  /** A process without room for a file or another process fails in many ways; the exceeded limit says more. */
  async #explain(cause: StopCause): Promise<StopCause> {
    const isVague =
      cause.kind === "failed" && (cause.failure.code === "agent_error" || cause.failure.code === "internal");
    const passed = isVague && (await findPassedLimit(this.#options.sandbox, this.#limits));
    return passed ? { kind: "failed", failure: passed } : cause;
  }

  async #work(): Promise<void> {
    const { start, userMessages, report, delivered, clock, stop } = this.#options;
    await this.#prepare();
    const session = await this.#startAgent();
    report({ type: "progress", step: "agent" });
    this.#outcome = await doWork({
      start,
      restored: this.#restored,
      session,
      userMessages,
      verify: () => this.#checks.verifyWithinLimits(stop.signal),
      hasChanged: async () => this.#base !== (await this.#fingerprint()),
      onPlanAccepted: () => {
        this.#planAccepted = true;
      },
      onAnswered: (messageId) => this.#answered.push(messageId),
      report,
      delivered,
      clock,
    });
  }

  async #prepare(): Promise<void> {
    const { start, sandbox, userMessages, stop } = this.#options;
    if (start.previous) {
      this.#restored = await restoreCheckpoint(sandbox, start.previous.checkpointUrl, stop.signal);
    }
    this.#planAccepted = this.#restored.planAccepted ?? false;
    this.#answered.push(...(this.#restored.answered ?? []));
    userMessages.skip(this.#answered);
    const isContinued = start.previous?.kind === "checkpoint";
    this.#base = isContinued ? this.#restored.base : await this.#fingerprint();
    await this.#checks.begin();
    this.#prepared = true;
  }

  async #startAgent(): Promise<AgentSession> {
    const { start, config, sandbox, report, logger, clock } = this.#options;
    const { limits } = start;
    const resume = this.#restored.sessionId;
    const session = new AgentSession({
      agent: { ...agentOptions(config, { sandbox, limits, logger, clock }), resume },
      listener: {
        report,
        onToolEnded: () => this.#onToolEnded(),
        onModelAnswer: () => void this.#usage.refresh(),
      },
      usage: this.#usage,
      model: this.#model,
      logger,
    });
    this.#session = session;
    await session.start();
    return session;
  }

  /** While the agent waits for the model, there is time to load what the end of the run needs. */
  #onToolEnded(): void {
    this.#checks.reportChangesSoon();
    Promise.all([this.#store.load(), loadTar()]).catch((error: unknown) => {
      this.#options.logger.warn({ event: "not_loaded", err: error }, "a library could not be loaded ahead");
    });
  }

  async #fingerprint(): Promise<string> {
    return (await this.#options.sandbox.call({ operation: "fingerprint" })).fingerprint;
  }

  #watch(): void {
    const { start, sandbox, config, clock, logger, stop } = this.#options;
    const fail = (cause: Failure) => stop.abort(failed(cause));
    const remainingMs = Math.max(0, Date.parse(start.limits.deadlineAt) - clock.nowMs());
    const closingMs = Math.min(config.LEO_CLOSING_MS, remainingMs / 10);
    this.#model.start();
    this.#cancelWatches.push(
      () => this.#model.stop(),
      clock.after(remainingMs - closingMs, () => {
        fail(failure(this.#model.isWaiting ? "model_unavailable" : "deadline", start.limits.deadlineAt));
      }),
      watchLimits({ sandbox, limits: this.#limits, clock, logger, onPassed: fail }),
      this.#checkpoints.keepRegularly({
        clock,
        intervalMs: config.LEO_CHECKPOINT_INTERVAL_MS,
        isWorthIt: () => this.#prepared,
        onFailed: (error) =>
          logger.warn({ event: "checkpoint_failed", err: error }, "a checkpoint could not be stored"),
      }),
    );
  }

  /** Stores what the cause allows and reports the end. */
  async #conclude(cause: StopCause | undefined): Promise<void> {
    if (cause?.kind === "abandoned" || cause?.kind === "sandbox_lost") return;
    if (cause?.kind === "interrupted") return this.#saveLast();
    const { report } = this.#options;
    const ended = cause?.kind === "failed" ? cause.failure : cause && CANCELLED;
    if (cause?.kind === "failed") report({ type: "error", failure: cause.failure });
    const isAnswer = !cause && this.#outcome === "answer";
    const notStored = this.#prepared ? await this.#save(cause, isAnswer) : undefined;
    if (notStored && !ended) report({ type: "error", failure: notStored });
    const retryAt = cause?.kind === "failed" ? cause.retryAt : undefined;
    const answered = isAnswer && !notStored ? { answered: true } : {};
    report({ type: "all_work_complete", failure: ended ?? notStored, retryAt, ...answered });
  }

  /** @returns a failure if the version or the answer couldn't be stored */
  async #save(cause: StopCause | undefined, isAnswer: boolean): Promise<Failure | undefined> {
    const { start, sandbox, report, logger } = this.#options;
    try {
      await this.#usage.refresh();
      if (isAnswer) {
        await saveAnswer({ start, store: this.#store, checkpoints: this.#checkpoints });
        return undefined;
      }
      if (cause?.kind === "failed") await this.#checks.buildPartial(cause.failure.code);
      // Complete work has reported this already, when it closed the run to further requests.
      if (cause) report({ type: "progress", step: "uploading" });
      await saveVersion({
        start,
        sandbox,
        store: this.#store,
        checkpoints: this.#checkpoints,
        checks: this.#checks.last?.checks ?? [],
        screenshot: this.#checks.last?.screenshot,
        partial: cause !== undefined,
        report,
      });
      return undefined;
    } catch (error) {
      logger.error({ event: "upload_failed", err: error }, "the version could not be stored");
      return failure(error instanceof SandboxFault ? "agent_error" : "upload_failed", errorText(error));
    }
  }

  async #saveLast(): Promise<void> {
    const { logger } = this.#options;
    try {
      if (this.#prepared) await this.#checkpoints.saveIfChanged();
    } catch (error) {
      logger.error(
        { event: "last_checkpoint_failed", err: error },
        "the last checkpoint could not be stored",
      );
    }
  }
}
