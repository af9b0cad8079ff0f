import type { Logger } from "pino";
import { GatewayUsage } from "../gateway/meter.ts";
import type { Report } from "../report.ts";

/**
 * The totals of the run as the gateway counts them; the agent's own count decides nothing.
 * A question that is asked while another is open shares its answer with the next.
 */
export class UsageWatch {
  readonly #url: URL;
  readonly #report: Report;
  readonly #logger: Logger;
  #last = "";
  #open: Promise<GatewayUsage | undefined> | undefined;

  constructor(gatewayUrl: string, report: Report, logger: Logger) {
    this.#url = new URL("/usage", gatewayUrl);
    this.#report = report;
    this.#logger = logger;
  }

  /** Asks, and reports the totals if they grew. Undefined when the gateway does not answer. */
  refresh(): Promise<GatewayUsage | undefined> {
    this.#open ??= this.#ask().finally(() => {
      this.#open = undefined;
    });
    return this.#open;
  }

  async #ask(): Promise<GatewayUsage | undefined> {
    try {
      const response = await fetch(this.#url, { signal: AbortSignal.timeout(5_000) });
      const usage = GatewayUsage.parse(await response.json());
      this.#reportGrowth(usage);
      return usage;
    } catch (error) {
      this.#logger.warn({ event: "usage_unknown", err: error }, "the gateway did not tell the usage");
      return undefined;
    }
  }

  #reportGrowth({
    inputTokens,
    outputTokens,
    cacheReadTokens,
    cacheWriteTokens,
    costUsd,
  }: GatewayUsage): void {
    const totals = { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens, costUsd };
    const text = JSON.stringify(totals);
    if (text === this.#last || inputTokens + outputTokens + cacheReadTokens + cacheWriteTokens === 0) return;
    this.#last = text;
    this.#report({ type: "usage", ...totals });
  }
}
