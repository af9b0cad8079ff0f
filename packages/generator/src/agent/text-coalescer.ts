import { LIMITS } from "@leo/core/limits.ts";
import type { Report } from "../report.ts";
import type { Clock } from "../socket/clock.ts";

/** The longest run of characters without a space that is held back. Credentials are shorter. */
const HELD_MAX_CHARS = 4_000;

/**
 * Collects the agent's tokens into pieces at least 50 ms apart; the first one after a pause goes out at
 * once. A piece ends at a space, so that the scrubber never sees half a credential.
 */
export class TextCoalescer {
  readonly #report: Report;
  readonly #clock: Clock;
  #blockId: string | undefined;
  #text = "";
  #cancel: (() => void) | undefined;

  constructor(report: Report, clock: Clock) {
    this.#report = report;
    this.#clock = clock;
  }

  /** Adds text to a block. Text of another block closes the previous one. */
  add(blockId: string, text: string): void {
    if (this.#blockId !== blockId) this.end();
    this.#blockId = blockId;
    this.#text += text;
    if (!this.#cancel) this.#sendWords();
  }

  /** Sends a block that didn't arrive token by token. */
  whole(blockId: string, text: string): void {
    this.end();
    this.#blockId = blockId;
    this.#text = text;
    this.end();
  }

  /** Closes the open block, if any. */
  end(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    if (this.#blockId === undefined) return;
    for (const text of pieces(this.#text)) this.#send(text, false);
    this.#send("", true);
    this.#text = "";
    this.#blockId = undefined;
  }

  /** Sends the whole words so far, then nothing for a while. */
  #sendWords(): void {
    if (!this.#flush()) return;
    this.#cancel = this.#clock.after(LIMITS.coalesceMs, () => {
      this.#cancel = undefined;
      this.#sendWords();
    });
  }

  /** @returns whether there was a whole word to send */
  #flush(): boolean {
    const lastSpace = this.#text.search(/\s\S*$/);
    const held = this.#text.length - lastSpace - 1;
    const end = held > HELD_MAX_CHARS ? this.#text.length : lastSpace + 1;
    if (end === 0) return false;
    for (const text of pieces(this.#text.slice(0, end))) this.#send(text, false);
    this.#text = this.#text.slice(end);
    return true;
  }

  #send(text: string, done: boolean): void {
    if (this.#blockId) this.#report({ type: "agent_text", blockId: this.#blockId, text, done });
  }
}

const pieces = (text: string): string[] =>
  Array.from({ length: Math.ceil(text.length / LIMITS.eventTextMaxChars) }, (_, index) =>
    text.slice(index * LIMITS.eventTextMaxChars, (index + 1) * LIMITS.eventTextMaxChars),
  );
