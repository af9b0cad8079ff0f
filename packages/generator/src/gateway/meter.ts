/**
 * Counts what a run spends. A call *reserves* the most it can cost before it is forwarded, and is *settled* when
 * it ends. Spent and reserved together never exceed the budget, whatever the agent asks for and however many calls
 * it makes at once.
 */
import { z } from "zod";
import { costUsd, NO_TOKENS, outputTokensFor, type TokenUsage } from "./prices.ts";
import { PromptCounts, promptOf } from "./prompt-tokens.ts";
import type { MessagesRequest } from "./request.ts";

/** The response of `GET /usage`: totals since the gateway started. */
export const GatewayUsage = z.object({
  inputTokens: z.int(),
  outputTokens: z.int(),
  cacheReadTokens: z.int(),
  cacheWriteTokens: z.int(),
  costUsd: z.number(),
  budgetUsd: z.number(),
  /** True once a call was rejected for the budget. */
  budgetExhausted: z.boolean(),
});
export type GatewayUsage = z.infer<typeof GatewayUsage>;

/** How a forwarded call ended. */
export type Outcome =
  /** It was answered in full. */
  | { kind: "answered"; usage: TokenUsage }
  /** It was rejected or never reached the model, so it's free. */
  | { kind: "rejected" }
  /** It was aborted, or nothing is known about it. Only the model's side knows what it cost. */
  | { kind: "broken"; usage: TokenUsage }
  /**
   * The model's side broke it off after counting the prompt. It costs the prompt and as much output as can have
   * been made in `durationMs`, so that an outage doesn't use up the budget.
   */
  | { kind: "cut"; usage: TokenUsage; durationMs: number };

export interface Reservation {
  /** The largest `max_tokens` that the budget covers, at most what was requested. */
  maxTokens: number;
  /** Charges the call. Further calls do nothing. */
  settle: (outcome: Outcome) => void;
}

/** Three times the speed of the fastest model. */
const OUTPUT_TOKENS_PER_MS_MAX = 0.5;
/** With less room than this for the answer, the prompt isn't worth its price. */
const ANSWER_TOKENS_MIN = 2_000;

export class Meter {
  readonly #budgetUsd: number;
  readonly #prompts = new PromptCounts();
  #tokens = NO_TOKENS;
  #spentUsd = 0;
  #reservedUsd = 0;
  #exhausted = false;

  constructor(budgetUsd: number) {
    this.#budgetUsd = budgetUsd;
  }

  /**
   * Reserves the most that a call can cost: its whole prompt at the price of a cache write, and an answer of
   * `max_tokens`. Near the end of the budget, `max_tokens` is lowered to what is left.
   * @returns undefined if the budget doesn't cover a useful answer
   */
  reserve(request: MessagesRequest & { max_tokens: number }): Reservation | undefined {
    const { model, max_tokens: asked, thinking } = request;
    const prompt = promptOf(request);
    const promptTokens = this.#prompts.most(prompt);
    const most: TokenUsage = {
      ...NO_TOKENS,
      cacheWriteTokens: promptTokens,
      cacheWrite1hTokens: prompt.isCachedForAnHour ? promptTokens : 0,
    };
    const leftUsd = this.#budgetUsd - this.#spentUsd - this.#reservedUsd;
    const maxTokens = Math.min(asked, outputTokensFor(model, most, leftUsd));
    const needed = Math.max(Math.min(asked, ANSWER_TOKENS_MIN), (thinking?.budget_tokens ?? 0) + 1);
    if (maxTokens < needed) {
      this.#exhausted = true;
      return undefined;
    }
    const reservedUsd = costUsd(model, { ...most, outputTokens: maxTokens });
    this.#reservedUsd += reservedUsd;
    let isOpen = true;
    return {
      maxTokens,
      settle: (outcome) => {
        if (!isOpen) return;
        isOpen = false;
        this.#reservedUsd -= reservedUsd;
        if (outcome.kind === "rejected") return;
        const { usage } = outcome;
        this.#tokens = add(this.#tokens, usage);
        this.#spentUsd += costOf(model, outcome, reservedUsd);
        if (outcome.kind === "answered") {
          this.#prompts.learn(prompt, usage.inputTokens + usage.cacheReadTokens + usage.cacheWriteTokens);
        }
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

const costOf = (
  model: string,
  outcome: Exclude<Outcome, { kind: "rejected" }>,
  reservedUsd: number,
): number => {
  if (outcome.kind === "broken") return reservedUsd;
  const { usage } = outcome;
  if (outcome.kind === "answered") return costUsd(model, usage);
  const madeTokens = Math.ceil(outcome.durationMs * OUTPUT_TOKENS_PER_MS_MAX);
  const outputTokens = Math.max(usage.outputTokens, madeTokens);
  return Math.min(reservedUsd, costUsd(model, { ...usage, outputTokens }));
};

const add = (a: TokenUsage, b: TokenUsage): TokenUsage => ({
  inputTokens: a.inputTokens + b.inputTokens,
  outputTokens: a.outputTokens + b.outputTokens,
  cacheReadTokens: a.cacheReadTokens + b.cacheReadTokens,
  cacheWriteTokens: a.cacheWriteTokens + b.cacheWriteTokens,
  cacheWrite1hTokens: a.cacheWrite1hTokens + b.cacheWrite1hTokens,
});
