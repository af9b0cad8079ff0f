/** Sends task-state events to an SQS queue, in order, in batches; faults may drop, double or swap them. */
import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { Faults } from "./faults.ts";
import { taskStateEvent } from "./task-view.ts";
import type { Task } from "./task.ts";

const BATCH = 10;
const RETRY_MS = 250;

export class EventQueue {
  readonly #queueUrl: string;
  readonly #faults: Faults;
  readonly #closed = new AbortController();
  #waiting: string[] = [];
  /** An event held back until the next one has gone. */
  #held: string | undefined;
  #pump: Promise<void> | undefined;

  constructor(queueUrl: string, faults: Faults) {
    this.#queueUrl = queueUrl;
    this.#faults = faults;
  }

  /** Says how the task stands at this moment. */
  push(task: Task, now: Date): void {
    const event = JSON.stringify(taskStateEvent(task, randomUUID(), now));
    const fault = this.#faults.forEvent()?.kind;
    if (fault === "event_drop") return;
    if (fault === "event_reorder" && !this.#held) {
      this.#held = event;
      return;
    }
    this.#waiting.push(event);
    if (fault === "event_duplicate") this.#waiting.push(event);
    if (this.#held) this.#waiting.push(this.#held);
    this.#held = undefined;
    this.#pump ??= this.#send();
  }

  /** Resolves when nothing is left to send. */
  async flushed(): Promise<void> {
    await this.#pump;
  }

  async close(): Promise<void> {
    this.#closed.abort();
    await this.#pump;
  }

  async #send(): Promise<void> {
    // In a later turn: what one turn changed goes out as one batch.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#waiting.length > 0 && !this.#closed.signal.aborted) {
      const batch = this.#waiting.slice(0, BATCH);
      if (await this.#sendBatch(batch)) {
        this.#waiting = this.#waiting.slice(batch.length);
        continue;
      }
      await delay(RETRY_MS, undefined, { signal: this.#closed.signal }).catch(() => undefined);
    }
    this.#pump = undefined;
  }

  async #sendBatch(events: string[]): Promise<boolean> {
    try {
      const response = await fetch(new URL("/", this.#queueUrl), {
        method: "POST",
        headers: {
          "content-type": "application/x-amz-json-1.0",
          "x-amz-target": "AmazonSQS.SendMessageBatch",
        },
        body: JSON.stringify({
          QueueUrl: this.#queueUrl,
          Entries: events.map((MessageBody, index) => ({ Id: String(index), MessageBody })),
        }),
        signal: this.#closed.signal,
      });
      await response.arrayBuffer();
      return response.ok;
    } catch {
      // The queue is away; EventBridge, too, keeps trying.
      return false;
    }
  }
}
