/**
 * Counts what a run spends. A request *opens* before it is forwarded and *closes* with its answer's
 * usage; what open requests will at least cost is held against the budget, so that many at once
 * cannot pass it together.
 */
import { z } from "zod";
import { costUsd, type TokenUsage } from "./prices.ts";

/** What the gateway tells at `GET /usage`: totals since it started. */
export const GatewayUsage = z.object({
  inputTokens: z.int(),
  outputTokens: z.int(),
  cacheReadTokens: z.int(),
  cacheWriteTokens: z.int(),
  costUsd: z.number(),
  budgetUsd: z.number(),
  /** True once a request was refused for the budget. */
  budgetExhausted: z.boolean(),
});
export type GatewayUsage = z.infer<typeof GatewayUsage>;

export interface OpenRequest {
  /** Counts the answer; only the first call does. */
  close: (usage: TokenUsage) => void;
}

const noTokens = (): TokenUsage => ({
  inputTokens: 0,
  outputTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  cacheWrite1hTokens: 0,
});

export class Meter {
  readonly #budgetUsd: number;
  #tokens = noTokens();
  #spentUsd = 0;
  #heldUsd = 0;
  #exhausted = false;

  constructor(budgetUsd: number) {
    this.#budgetUsd = budgetUsd;
  }

  /**
   * Admits a request.
   * @param promptBytes size of the request's body; four bytes count as a token
   * @returns undefined when the budget is reached
   */
  open(model: string, promptBytes: number): OpenRequest | undefined {
    // Nearly all of a prompt is read from the cache, at the lowest of all prices.
    const cacheReadTokens = Math.ceil(promptBytes / 4);
    const holdUsd = costUsd(model, { ...noTokens(), cacheReadTokens });
    if (this.#spentUsd + this.#heldUsd + holdUsd >= this.#budgetUsd) {
      this.#exhausted = true;
      return undefined;
    }
    this.#heldUsd += holdUsd;
    let open = true;
    return {
      close: (usage) => {
        if (!open) return;
        open = false;
        this.#heldUsd -= holdUsd;
        this.#spentUsd += costUsd(model, usage);
        this.#tokens = add(this.#tokens, usage);
      },
    };
  }

  usage(): GatewayUsage {
    const { inputTokens, outputTokens, cacheReadTokens, cacheWriteTokens } = this.#tokens;
    return {
      inputTokens,
      outputTokens,
      cacheReadTokens,
      cacheWriteTokens,
      costUsd: this.#spentUsd,
      budgetUsd: this.#budgetUsd,
      budgetExhausted: this.#exhausted,
    };
  }
}

const add = (a: TokenUsage, b: TokenUsage): TokenUsage => ({
  inputTokens: a.inputTokens + b.inputTokens,
  outputTokens: a.outputTokens + b.outputTokens,
  cacheReadTokens: a.cacheReadTokens + b.cacheReadTokens,
  cacheWriteTokens: a.cacheWriteTokens + b.cacheWriteTokens,
  cacheWrite1hTokens: a.cacheWrite1hTokens + b.cacheWrite1hTokens,
});
