/**
 * Facts on their way to the orchestrator.
 *
 * A fact is *waiting* until a frame takes it, which gives it its number `n`. Then it is *sent* until an
 * acknowledgement covers it. Numbers run from 1 without gaps. Only waiting facts may be merged or dropped, because a
 * number always means the same fact.
 */
import type { GeneratorFact } from "@leo/core/event.ts";
import { LIMITS } from "@leo/core/limits.ts";
import type { NumberedMessage } from "@leo/core/protocol/generator.ts";

/** Leaves room for the frame around the messages. */
const FRAME_BUDGET_BYTES = LIMITS.frameMaxBytes - 64 * 1024;
const FRAME_MAX_MESSAGES = 1_000;

/** Facts that may be dropped if the orchestrator stays away for long, least important first. */
const DROP_ORDER: ((fact: GeneratorFact) => boolean)[] = [
  (fact) => fact.type === "log" && (fact.level === "debug" || fact.level === "info"),
  (fact) => fact.type === "agent_tool" && fact.status === "running",
  (fact) => fact.type === "log",
  (fact) => fact.type === "file_changed",
  (fact) => fact.type === "agent_text",
  (fact) => fact.type === "agent_tool",
];

/** Merges two facts, or returns undefined if they have to stay separate. */
const merge = (earlier: GeneratorFact, later: GeneratorFact): GeneratorFact | undefined => {
  if (earlier.type === "usage" && later.type === "usage") return later;
  if (earlier.type !== "agent_text" || later.type !== "agent_text") return undefined;
  if (earlier.blockId !== later.blockId || earlier.done) return undefined;
  const text = earlier.text + later.text;
  return text.length > LIMITS.eventTextMaxChars ? undefined : { ...later, text };
};

/** A numbered fact as it travels: its JSON is made once, however often it is sent. */
interface Message {
  n: number;
  json: string;
}

export class Outbox {
  #waiting: GeneratorFact[] = [];
  #sent: Message[] = [];
  #nextNumber = 1;
  readonly #max: number;

  /** @param max facts held at once, waiting and sent together, before deltas are dropped */
  constructor(max: number = LIMITS.outboxMax) {
    this.#max = max;
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0 && this.#sent.length === 0;
  }

  /** Facts held, waiting and sent together. */
  get size(): number {
    return this.#waiting.length + this.#sent.length;
  }

  /** Adds a fact. Facts that decide the run are never dropped, however many are held. */
  add(fact: GeneratorFact): void {
    const last = this.#waiting.at(-1);
    const merged = last && merge(last, fact);
    if (merged) {
      this.#waiting[this.#waiting.length - 1] = merged;
      return;
    }
    this.#waiting.push(fact);
    if (this.size > this.#max) this.#dropOne();
  }

  /**
   * Numbers waiting facts and returns them as frames below the size limit. Takes nothing more while the orchestrator
   * is behind, with as many facts unacknowledged as the outbox may hold.
   */
  take(): string[] {
    const room = Math.max(0, this.#max - this.#sent.length);
    const taken = this.#waiting.splice(0, room).map((fact): Message => {
      const message: NumberedMessage = { n: this.#nextNumber++, ...fact };
      return { n: message.n, json: JSON.stringify(message) };
    });
    this.#sent.push(...taken);
    return toFrames(taken);
  }

  /** Everything that is numbered and unacknowledged, as frames, for a new connection. */
  unacknowledged(): string[] {
    return toFrames(this.#sent);
  }

  /**
   * Forgets committed facts.
   * @param n highest committed number. If an earlier process of this attempt left a higher one than was sent,
   *   numbering continues after it
   */
  acknowledge(n: number): void {
    this.#sent = this.#sent.filter((message) => message.n > n);
    if (n >= this.#nextNumber) this.#nextNumber = n + 1;
  }

  #dropOne(): void {
    for (const mayDrop of DROP_ORDER) {
      const index = this.#waiting.findIndex(mayDrop);
      if (index === -1) continue;
      this.#waiting.splice(index, 1);
      return;
    }
  }
}

const toFrames = (messages: readonly Message[]): string[] => {
  const frames: string[][] = [];
  let frameBytes = Infinity;
  for (const { json } of messages) {
    const sizeBytes = Buffer.byteLength(json) + 1;
    const frame = frames.at(-1);
    const isFull = frameBytes + sizeBytes > FRAME_BUDGET_BYTES || (frame?.length ?? 0) >= FRAME_MAX_MESSAGES;
    if (frame && !isFull) {
      frame.push(json);
      frameBytes += sizeBytes;
      continue;
    }
    frames.push([json]);
    frameBytes = sizeBytes;
  }
  return frames.map((frame) => `{"type":"messages","messages":[${frame.join()}]}`);
};
