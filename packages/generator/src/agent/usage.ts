import type { Logger } from "pino";
import { GatewayUsage } from "../gateway/meter.ts";
import type { Report } from "../report.ts";

/**
 * The run's totals as the gateway counts them; the agent's own count isn't used. Concurrent refreshes share
 * one request.
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

  /** Fetches the totals, and reports them if they grew. Undefined if the gateway doesn't respond. */
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
      this.#logger.warn({ event: "usage_unknown", err: error }, "the gateway didn't report the usage");
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
