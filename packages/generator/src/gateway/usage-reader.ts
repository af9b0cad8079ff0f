/**
 * Reads the token counts of an answer while its bytes pass through unchanged.
 *
 * In a stream, `message_start` has the prompt's tokens and `message_delta` the totals so far; the one with a
 * `stop_reason` has the final totals. If a stream breaks off before that, its tokens are estimated from the counts
 * so far and its length.
 */
import { StringDecoder } from "node:string_decoder";
import { z } from "zod";
import { parseJson } from "@leo/core/parse-json.ts";
import type { Outcome } from "./meter.ts";
import { NO_TOKENS } from "./prices.ts";

const count = z.number().int().min(0).nullish();
const Usage = z.object({
  input_tokens: count,
  output_tokens: count,
  cache_read_input_tokens: count,
  cache_creation_input_tokens: count,
  cache_creation: z.object({ ephemeral_1h_input_tokens: count }).nullish(),
});
const Counted = z.object({
  usage: Usage.nullish(),
  message: z.object({ usage: Usage.nullish() }).nullish(),
  /** In a whole answer. */
  stop_reason: z.string().nullish(),
  /** In a stream's `message_delta`. */
  delta: z.object({ stop_reason: z.string().nullish() }).nullish(),
});

/** A longer line can't be an event with counts. */
const LINE_MAX_CHARS = 1_000_000;
/** A whole answer is read to this size; the API's own are far smaller. */
const BODY_MAX_CHARS = 20_000_000;

const StreamError = z.object({ type: z.literal("error"), error: z.object({ type: z.string() }) });

export class UsageReader {
  readonly #isStream: boolean;
  readonly #decoder = new StringDecoder("utf8");
  #rest = "";
  #deltaChars = 0;
  #usage = NO_TOKENS;
  readonly #startedMs: number;
  #hasStarted = false;
  #stopReason: string | undefined;
  #error: string | undefined;

  /**
   * @param isStream true for `text/event-stream`, false for one JSON body
   * @param startedMs `performance.now()` when the model was asked
   */
  constructor(isStream: boolean, startedMs: number) {
    this.#isStream = isStream;
    this.#startedMs = startedMs;
  }

  write(chunk: Buffer): void {
    this.#rest += this.#decoder.write(chunk);
    if (!this.#isStream) {
      this.#rest = this.#rest.slice(0, BODY_MAX_CHARS);
      return;
    }
    const lines = this.#rest.split("\n");
    this.#rest = (lines.pop() ?? "").slice(0, LINE_MAX_CHARS);
    for (const line of lines) this.#line(line);
  }

  /** Why the model ended its answer; undefined until it has. */
  get stopReason(): string | undefined {
    return this.#stopReason;
  }

  /** The type of the error event with which the model's side gave up, if it did. */
  get error(): string | undefined {
    return this.#error;
  }

  /** How the answer ended. Call it once nothing more arrives. */
  end(): Exclude<Outcome, { kind: "rejected" }> {
    if (!this.#isStream) this.#count(parseJson(this.#rest));
    if (this.#stopReason !== undefined) return { kind: "answered", usage: this.#usage };
    const outputTokens = Math.max(this.#usage.outputTokens, Math.ceil(this.#deltaChars / 4));
    const usage = { ...this.#usage, outputTokens };
    if (!this.#hasStarted) return { kind: "broken", usage };
    return { kind: "cut", usage, durationMs: performance.now() - this.#startedMs };
  }

  #line(line: string): void {
    if (!line.startsWith("data:")) return;
    const data = line.slice(5);
    if (data.includes('"error"')) this.#error ??= StreamError.safeParse(parseJson(data)).data?.error.type;
    if (data.includes('"content_block_delta"')) {
      // The rest of a delta's event is about 100 characters.
      this.#deltaChars += Math.max(0, data.length - 100);
      return;
    }
    if (!data.includes('"usage"')) return;
    this.#deltaChars = 0;
    this.#count(parseJson(data));
  }

  #count(json: unknown): void {
    const parsed = Counted.safeParse(json);
    const usage = parsed.data?.usage ?? parsed.data?.message?.usage;
    if (!usage) return;
    this.#hasStarted = true;
    this.#stopReason = parsed.data?.stop_reason ?? parsed.data?.delta?.stop_reason ?? this.#stopReason;
    const known = this.#usage;
    this.#usage = {
      inputTokens: usage.input_tokens ?? known.inputTokens,
      outputTokens: usage.output_tokens ?? known.outputTokens,
      cacheReadTokens: usage.cache_read_input_tokens ?? known.cacheReadTokens,
      cacheWriteTokens: usage.cache_creation_input_tokens ?? known.cacheWriteTokens,
      cacheWrite1hTokens: usage.cache_creation?.ephemeral_1h_input_tokens ?? known.cacheWrite1hTokens,
    };
  }
}
