/**
 * List prices of the models, in USD per million tokens, read on 2026-11-23 from
 * https://platform.claude.com/docs/en/about-claude/pricing
 *
 * The table has no prices for batches, which cost half, or for fast mode, which costs more, because the gateway
 * forwards neither (`request.ts`).
 */

interface Price {
  input: number;
  output: number;
  cacheWrite5m: number;
  cacheWrite1h: number;
  cacheRead: number;
}

interface ModelPrice extends Price {
  /** Prices of a request whose prompt, cache included, is longer than this. */
  longPrompt?: Price & { aboveTokens: number };
}

/** The usual ratios: a cache write costs 1.25 times the input for 5 minutes, twice for an hour. */
const price = (input: number, output: number, cacheRead: number): Price => ({
  input,
  output,
  cacheWrite5m: input * 1.25,
  cacheWrite1h: input * 2,
  cacheRead,
});

const PRICES: Record<string, ModelPrice> = {
  "claude-opus-5-5": price(4, 20, 0.2),
  "claude-opus-5": price(5, 25, 0.5),
  "claude-opus-4-8": price(5, 25, 0.5),
  "claude-sonnet-5-5": price(2, 10, 0.1),
  "claude-sonnet-5": price(2, 10, 0.2),
  "claude-haiku-5-5": {
    ...price(0.1, 0.5, 0.01),
    longPrompt: { aboveTokens: 100_000, ...price(0.5, 2.5, 0.05) },
  },
  "claude-haiku-4-5": price(1, 5, 0.1),
};

export const PRICED_MODELS = Object.keys(PRICES);

/** The name in the table for a model id, which may end in a date. Undefined if the model is unknown. */
export const pricedModel = (model: string): string | undefined => {
  const name = model.replace(/-\d{8}$/, "");
  return Object.hasOwn(PRICES, name) ? name : undefined;
};

/** Tokens of one answer, as the Messages API counts them. */
export interface TokenUsage {
  inputTokens: number;
  outputTokens: number;
  cacheReadTokens: number;
  /** All cache writes; those for an hour are a part of them. */
  cacheWriteTokens: number;
  cacheWrite1hTokens: number;
}

export const NO_TOKENS: TokenUsage = {
  inputTokens: 0,
  outputTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  cacheWrite1hTokens: 0,
};

/** @throws if the model has no price: such a model must never be called */
const priceOf = (model: string, usage: TokenUsage): Price => {
  const listed = PRICES[pricedModel(model) ?? ""];
  if (!listed) throw new Error(`no price for ${model}`);
  const promptTokens = usage.inputTokens + usage.cacheReadTokens + usage.cacheWriteTokens;
  const { longPrompt } = listed;
  return longPrompt && promptTokens > longPrompt.aboveTokens ? longPrompt : listed;
};

/**
 * How many tokens of output an amount covers after the prompt; 0 or less if it doesn't even cover the prompt.
 * @throws if the model has no price
 */
export const outputTokensFor = (model: string, prompt: TokenUsage, amountUsd: number): number => {
  const leftUsd = amountUsd - costUsd(model, prompt);
  return Math.floor((leftUsd * 1_000_000) / priceOf(model, prompt).output);
};

/**
 * What a call costs, in USD.
 * @throws if the model has no price
 */
export const costUsd = (model: string, usage: TokenUsage): number => {
  const rate = priceOf(model, usage);
  const perMillion =
    usage.inputTokens * rate.input +
    usage.outputTokens * rate.output +
    usage.cacheReadTokens * rate.cacheRead +
    (usage.cacheWriteTokens - usage.cacheWrite1hTokens) * rate.cacheWrite5m +
    usage.cacheWrite1hTokens * rate.cacheWrite1h;
  return perMillion / 1_000_000;
};
