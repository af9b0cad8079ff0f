import type { GeneratorFact } from "@leo/core/event.ts";
import { LIMITS } from "@leo/core/limits.ts";
import type { NumberedMessage } from "@leo/core/protocol/generator.ts";

/** Room for the frame around the messages. */
const FRAME_BUDGET_BYTES = LIMITS.frameMaxBytes / 2;
const FRAME_MAX_MESSAGES = 500;

/** A message as it travels: JSON made once, however often it is sent. */
interface Entry {
  n: number;
  json: string;
}

/**
 * Messages numbered from 1 until they are acknowledged. With `keepAll` acknowledged ones are kept
 * too, to be sent again.
 */
export class Outbox {
  readonly #keepAll: boolean;
  #entries: Entry[] = [];
  #nextN = 1;
  #ackedN = 0;
  /** The highest number sent on the present connection. */
  #sentN = 0;

  constructor(keepAll: boolean) {
    this.#keepAll = keepAll;
  }

  get ackedN(): number {
    return this.#ackedN;
  }

  get lastN(): number {
    return this.#nextN - 1;
  }

  get waiting(): number {
    return this.lastN - this.#ackedN;
  }

  add(fact: GeneratorFact): number {
    const n = this.#nextN;
    const message: NumberedMessage = { n, ...fact };
    this.#entries.push({ n, json: JSON.stringify(message) });
    this.#nextN += 1;
    return n;
  }

  /** Everything up to `n` is committed. An older or unknown number changes nothing. */
  acknowledge(n: number): void {
    this.#ackedN = Math.max(this.#ackedN, Math.min(n, this.lastN));
    if (this.#keepAll) return;
    const kept = this.#entries.findIndex((entry) => entry.n > this.#ackedN);
    this.#entries = kept === -1 ? [] : this.#entries.slice(kept);
  }

  /** A new connection: what is not acknowledged, or with `keepAll` everything, goes out again. */
  rewind(): void {
    this.#sentN = this.#keepAll ? 0 : this.#ackedN;
  }

  /**
   * The next frame's messages that were not yet sent on this connection.
   * @param upTo the highest number to take
   * @returns the frame and its last number, or undefined when nothing is left
   */
  nextFrame(upTo = Number.POSITIVE_INFINITY): { frame: string; lastN: number } | undefined {
    const first = this.#entries[0]?.n ?? 0;
    const taken: string[] = [];
    let sizeBytes = 0;
    for (let index = Math.max(0, this.#sentN + 1 - first); index < this.#entries.length; index += 1) {
      const { n, json } = this.#entries[index] as Entry;
      sizeBytes += Buffer.byteLength(json) + 1;
      const full = taken.length > 0 && (sizeBytes > FRAME_BUDGET_BYTES || taken.length >= FRAME_MAX_MESSAGES);
      if (full || n > upTo) break;
      taken.push(json);
      this.#sentN = n;
    }
    if (taken.length === 0) return undefined;
    return { frame: `{"type":"messages","messages":[${taken.join(",")}]}`, lastN: this.#sentN };
  }
}
