/**
 * One run, from `start_generation` to `all_work_complete`. Whatever ends it early, what exists is
 * stored and the last fact says why, unless the attempt no longer counts.
 */
import type { Logger } from "pino";
import { failure, type Failure, type FailureCode } from "@leo/core/failure.ts";
import type { StartGeneration } from "@leo/core/protocol/generator.ts";
import type { AppGeneratorAgent } from "../agent/agent.ts";
import { agentOptions } from "../agent/options.ts";
import { AgentSession } from "../agent/session.ts";
import { failureOfError } from "../agent/turn-failure.ts";
import { UsageWatch } from "../agent/usage.ts";
import { Checkpoints } from "../artifact/checkpoints.ts";
import { publishVersion } from "../artifact/publish.ts";
import { openStore } from "../artifact/store.ts";
import type { Config } from "../config.ts";
import { findOutputLimit } from "../limits/output.ts";
import { findPassedLimit, watchLimits, type RunLimits } from "../limits/watch.ts";
import { killFamily } from "../process/family.ts";
import type { Report } from "../report.ts";
import type { Clock } from "../socket/clock.ts";
import { RunBrowser } from "../verify/browser.ts";
import { findChromium } from "../verify/chromium.ts";
import { verify, type Verification } from "../verify/verify.ts";
import type { CheckpointState } from "../workspace/checkpoint.ts";
import type { RunPaths } from "../workspace/paths.ts";
import { restorePrevious } from "../workspace/prepare.ts";
import { FileTracker } from "../workspace/tracker.ts";
import { CANCELLED, failed, Stopped, unlessStopped, type StopCause } from "./stop-cause.ts";
import type { UserMessages } from "./user-messages.ts";
import { doWork } from "./work.ts";
import { errorText } from "../error-text.ts";

export interface GenerationOptions {
  start: StartGeneration;
  config: Config;
  /** Its workspace holds the starter. */
  paths: RunPaths;
  /** Its process, where it was started ahead of the work. */
  agent: AppGeneratorAgent | undefined;
  userMessages: UserMessages;
  report: Report;
  /** Resolves when everything reported so far is acknowledged. */
  delivered: () => Promise<void>;
  logger: Logger;
  clock: Clock;
  /** Ends the run; aborted with a `Stopped`. */
  stop: AbortController;
}

/** Failures after which a build of what exists is worth its time, and does not add to what is too much. */
const BUILT_ONCE_MORE = new Set<FailureCode>([
  "budget",
  "agent_error",
  "stalled",
  "tool_timeout",
  "process_limit",
]);

export class GenerationRun {
  readonly #options: GenerationOptions;
  readonly #limits: RunLimits;
  readonly #store;
  readonly #tracker: FileTracker;
  readonly #usage: UsageWatch;
  readonly #checkpoints: Checkpoints;
  readonly #browser: RunBrowser;
  readonly #cancelWatches: (() => void)[] = [];
  #session: AgentSession | undefined;
  #restored: CheckpointState = {};
  #planAccepted = false;
  readonly #answered: string[] = [];
  #prepared = false;
  #verification: Verification | undefined;
  #verifiedVersion = 0;
  #round = 0;

  constructor(options: GenerationOptions) {
    this.#options = options;
    const { start, config, paths, report, logger } = options;
    this.#store = openStore(start.artifact.bucket, config.LEO_S3_FORCE_PATH_STYLE);
    this.#limits = {
      paths,
      maxBytes: config.LEO_WORKSPACE_MAX_BYTES,
      maxFiles: config.LEO_WORKSPACE_MAX_FILES,
      maxProcesses: config.LEO_AGENT_MAX_PROCESSES,
      minFreeBytes: config.LEO_DISK_RESERVE_BYTES,
    };
    this.#tracker = new FileTracker(paths.workspace);
    this.#browser = new RunBrowser(findChromium(config.LEO_CHROMIUM), paths);
    this.#usage = new UsageWatch(config.ANTHROPIC_BASE_URL, report, logger);
    this.#checkpoints = new Checkpoints({
      prefix: start.artifact.prefix,
      paths,
      store: this.#store,
      state: () => ({
        sessionId: this.#session?.id,
        planAccepted: this.#planAccepted || undefined,
        answered: this.#answered,
      }),
      workspaceVersion: () => this.#tellChanges(),
    });
  }

  /** Runs to the end and reports it. @returns why it ended early, if it did */
  async run(): Promise<StopCause | undefined> {
    const cause = await this.#untilStopped();
    for (const cancel of this.#cancelWatches.splice(0)) cancel();
    this.#session?.stop();
    this.#options.agent?.stop();
    await killFamily(this.#options.paths.home);
    await this.#conclude(cause);
    await this.#browser.close();
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

  /** A process without room for a file or another process ends in many ways: the limit that it met says more. */
  async #explain(cause: StopCause): Promise<StopCause> {
    const isVague =
      cause.kind === "failed" && (cause.failure.code === "agent_error" || cause.failure.code === "internal");
    const passed = isVague && (await findPassedLimit(this.#limits));
    return passed ? { kind: "failed", failure: passed } : cause;
  }

  async #work(): Promise<void> {
    const { start, userMessages, report, delivered, clock } = this.#options;
    await this.#prepare();
    const session = await this.#startAgent();
    report({ type: "progress", step: "agent" });
    await doWork({
      start,
      restored: this.#restored,
      session,
      userMessages,
      verify: () => this.#verifyWithinLimits(),
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
    const { start, paths, config, userMessages, stop } = this.#options;
    if (start.previous) {
      this.#restored = await restorePrevious(paths, config.LEO_TEMPLATE_DIR, start.previous, stop.signal);
    }
    this.#planAccepted = this.#restored.planAccepted ?? false;
    this.#answered.push(...(this.#restored.answered ?? []));
    userMessages.skip(this.#answered);
    await this.#tracker.changes();
    this.#verifiedVersion = this.#tracker.version;
    this.#prepared = true;
  }

  async #startAgent(): Promise<AgentSession> {
    const { start, config, paths, agent, report, logger, clock } = this.#options;
    const { limits } = start;
    const resume = this.#restored.sessionId;
    const session = new AgentSession({
      agent: { ...(await agentOptions(config, { paths, limits, logger, clock })), resume },
      started: agent,
      listener: {
        report,
        onToolEnded: () => this.#tellChangesLater(),
        onModelAnswer: () => void this.#usage.refresh(),
      },
      usage: this.#usage,
      logger,
    });
    this.#session = session;
    await session.start();
    return session;
  }

  /** The watch looks now and then; what is checked and stored is looked at just before. */
  async #verifyWithinLimits(): Promise<Verification> {
    const { paths, config, stop } = this.#options;
    const passed = await findPassedLimit(this.#limits);
    if (passed) throw failed(passed);
    const verification = await this.#verify(stop.signal);
    const tooLarge = await findOutputLimit(paths, config.LEO_VERSION_MAX_BYTES);
    if (tooLarge) throw failed(tooLarge);
    return verification;
  }

  async #verify(signal: AbortSignal): Promise<Verification> {
    const { paths, config, report } = this.#options;
    report({ type: "progress", step: "verifying" });
    const verifiedVersion = await this.#tellChanges();
    const templateDir = config.LEO_TEMPLATE_DIR;
    const verification = await verify({ paths, templateDir, browser: this.#browser, signal });
    this.#verification = verification;
    this.#verifiedVersion = verifiedVersion;
    this.#round += 1;
    const { passed, checks } = verification;
    report({ type: "verified", passed, round: this.#round, checks });
    return verification;
  }

  /** Reports what changed in the workspace. @returns a number that grows with each change seen */
  async #tellChanges(): Promise<number> {
    const changes = await this.#tracker.changes();
    for (const change of changes) this.#options.report(change);
    return this.#tracker.version;
  }

  #tellChangesLater(): void {
    this.#browser.warm();
    this.#tellChanges().catch((error: unknown) => {
      this.#options.logger.warn(
        { event: "workspace_unreadable", err: error },
        "the workspace could not be read",
      );
    });
  }

  #watch(): void {
    const { start, config, clock, logger, stop } = this.#options;
    const fail = (cause: Failure) => stop.abort(failed(cause));
    const remainingMs = Math.max(0, Date.parse(start.limits.deadlineAt) - clock.nowMs());
    const closingMs = Math.min(config.LEO_CLOSING_MS, remainingMs / 10);
    this.#cancelWatches.push(
      clock.after(remainingMs - closingMs, () => fail(failure("deadline", start.limits.deadlineAt))),
      watchLimits({ limits: this.#limits, clock, logger, onPassed: fail }),
      this.#checkpointRegularly(),
    );
  }

  #checkpointRegularly(): () => void {
    const { clock, config, logger } = this.#options;
    let stopped = false;
    let cancel = () => {};
    const save = async () => {
      try {
        if (this.#prepared) await this.#checkpoints.saveIfChanged();
      } catch (error) {
        logger.warn({ event: "checkpoint_failed", err: error }, "a checkpoint could not be stored");
      }
      if (!stopped) wait();
    };
    const wait = () => {
      cancel = clock.after(config.LEO_CHECKPOINT_INTERVAL_MS, () => void save());
    };
    wait();
    return () => {
      stopped = true;
      cancel();
    };
  }

  /** Stores what the cause allows and says the last words. */
  async #conclude(cause: StopCause | undefined): Promise<void> {
    if (cause?.kind === "abandoned") return;
    if (cause?.kind === "interrupted") return this.#saveLast();
    const { report } = this.#options;
    const ended = cause?.kind === "failed" ? cause.failure : cause && CANCELLED;
    if (cause?.kind === "failed") report({ type: "error", failure: cause.failure });
    const notStored = this.#prepared ? await this.#publish(cause) : undefined;
    if (notStored && !ended) report({ type: "error", failure: notStored });
    report({ type: "all_work_complete", failure: ended ?? notStored });
  }

  /** @returns the failure if the version could not be stored */
  async #publish(cause: StopCause | undefined): Promise<Failure | undefined> {
    const { start, paths, report, logger } = this.#options;
    try {
      await this.#usage.refresh();
      if (cause?.kind === "failed") await this.#buildPartial(cause.failure);
      // Work that is whole has said so already, when it asked whether anything was added.
      if (cause) report({ type: "progress", step: "uploading" });
      await publishVersion({
        start,
        paths,
        store: this.#store,
        checkpoints: this.#checkpoints,
        checks: this.#verification?.checks ?? [],
        screenshot: this.#verification?.screenshot,
        partial: cause !== undefined,
        report,
      });
      return undefined;
    } catch (error) {
      logger.error({ event: "upload_failed", err: error }, "the version could not be stored");
      return failure("upload_failed", errorText(error));
    }
  }

  /** What the agent left is built once more, so that there is something to look at. */
  async #buildPartial(cause: Failure): Promise<void> {
    const { config, logger } = this.#options;
    const current = await this.#tellChanges();
    if (!BUILT_ONCE_MORE.has(cause.code) || current === this.#verifiedVersion) return;
    try {
      await this.#verify(AbortSignal.timeout(config.LEO_CLOSING_MS));
    } catch (error) {
      logger.warn({ event: "check_failed", err: error }, "what exists could not be checked");
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
