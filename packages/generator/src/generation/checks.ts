/** What a run reports about its workspace: changed files, and whether the app passes its checks. */
import type { Logger } from "pino";
import type { FailureCode } from "@leo/core/failure.ts";
import type { PreviewConditions } from "@leo/core/preview/conditions.ts";
import type { Config } from "../config.ts";
import { findOutputLimit } from "../limits/output.ts";
import { findPassedLimit, type RunLimits } from "../limits/watch.ts";
import type { Report } from "../report.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import { verify, type Verification } from "../verify/claimed-checks.ts";
import { failed } from "./stop-cause.ts";

export interface WorkspaceChecksOptions {
  sandbox: Sandbox;
  /** How people will see the app. */
  preview: PreviewConditions;
  limits: RunLimits;
  config: Config;
  report: Report;
  logger: Logger;
}

/** After these failures a last build is worth its time. After others it would only exceed a limit further. */
const BUILT_ONCE_MORE = new Set<FailureCode>([
  "budget",
  "agent_error",
  "stalled",
  "tool_timeout",
  "process_limit",
]);

export class WorkspaceChecks {
  readonly #options: WorkspaceChecksOptions;
  #last: Verification | undefined;
  #verifiedVersion = 0;
  #round = 0;

  constructor(options: WorkspaceChecksOptions) {
    this.#options = options;
  }

  /** The newest outcome. */
  get last(): Verification | undefined {
    return this.#last;
  }

  /** Takes the workspace as it is: later differences are changes. */
  async begin(): Promise<void> {
    const { version } = await this.#options.sandbox.call({ operation: "changes" });
    this.#verifiedVersion = version;
  }

  /** Reports what changed in the workspace. @returns a number that grows with each change */
  async reportChanges(): Promise<number> {
    const { version, changes } = await this.#options.sandbox.call({ operation: "changes" });
    for (const change of changes) this.#options.report(change);
    return version;
  }

  /** The same without waiting, after a tool. If the workspace can't be read now, the next report covers it. */
  reportChangesSoon(): void {
    const warming = this.#options.sandbox.call({ operation: "warm_up" });
    Promise.all([warming, this.reportChanges()]).catch((error: unknown) => {
      this.#options.logger.warn(
        { event: "workspace_unreadable", err: error },
        "the workspace could not be read",
      );
    });
  }

  /**
   * Checks the app. Limits are watched at intervals, so this measures them again just before and after.
   * @throws Stopped if the run exceeds a limit
   */
  async verifyWithinLimits(signal: AbortSignal): Promise<Verification> {
    const { sandbox, limits, config } = this.#options;
    const passed = await findPassedLimit(sandbox, limits);
    if (passed) throw failed(passed);
    const verification = await this.#verify(signal);
    const tooLarge = await findOutputLimit(sandbox, config.LEO_VERSION_MAX_BYTES);
    if (tooLarge) throw failed(tooLarge);
    return verification;
  }

  /** Builds what a failed run left, if that's useful, so that there's something to look at. */
  async buildPartial(code: FailureCode): Promise<void> {
    const { config, logger } = this.#options;
    const current = await this.reportChanges();
    if (!BUILT_ONCE_MORE.has(code) || current === this.#verifiedVersion) return;
    try {
      await this.#verify(AbortSignal.timeout(config.LEO_CLOSING_MS));
    } catch (error) {
      logger.warn({ event: "check_failed", err: error }, "what exists could not be checked");
    }
  }

  async #verify(signal: AbortSignal): Promise<Verification> {
    const { sandbox, preview, report } = this.#options;
    report({ type: "progress", step: "verifying" });
    const verifiedVersion = await this.reportChanges();
    const verification = await verify(sandbox, preview, signal);
    this.#last = verification;
    this.#verifiedVersion = verifiedVersion;
    this.#round += 1;
    const { passed, checks } = verification;
    report({ type: "verified", passed, round: this.#round, checks });
    return verification;
  }
}
