/**
 * Commits what generators report.
 *
 * Terms: an *entry* is one frame's messages of one attempt; a *batch* is every entry that waited
 * when the previous commit ended. One statement stores a batch (`store.ts`). Under load a batch starts at
 * most every 10 ms, so that commits stay large; when idle it starts at once. Browsers and
 * generators are notified of a stored batch while the database stores the next one.
 *
 * A batch that fails is retried until it is stored: callers wait, their sockets stop reading, and
 * generators keep what is not acknowledged. One that fails because of its data is stored entry by entry, so
 * a bad message costs only its sender.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import type pg from "pg";
import type { NumberedMessage } from "@leo/core/protocol/generator.ts";
import type { Logger } from "pino";
import { Batch, runOf, type Run } from "./batch.ts";
import { eventFrames, type EventFrame, type StoredEvent } from "./frame.ts";
import { storeRuns, type EventLimits, type StoredRow } from "./store.ts";

/**
 * `stored`: everything up to the last message is committed. `refused`: the attempt was replaced or has ended.
 * `invalid`: the database cannot hold one of the messages. `cut`: the generation has reached its output limit.
 */
export type CommitOutcome = "stored" | "refused" | "invalid" | "cut";

/** Notifies browsers and generators of what a commit has stored. */
type Tell = () => void;

interface Entry {
  run: Run;
  done: (outcome: CommitOutcome) => void;
}

export interface CommitterOptions {
  pool: pg.Pool;
  log: Logger;
  now: () => Date;
  /** Sent with each commit's notification, so this process recognises its own. */
  origin: string;
  limits: EventLimits;
  /** Called after each commit, before its entries are acknowledged. */
  onCommitted: (generationId: string, frames: EventFrame[]) => void;
  /** Called with how long each commit took and how many events it stored. */
  onMeasured?: (durationMs: number, eventCount: number) => void;
}

const BATCH_INTERVAL_MS = 10;
const BATCH_MAX_EVENTS = 2_000;
const RETRY_MS = 250;

/** SQLSTATE classes 22 (data) and 23 (constraint): a retry would fail the same way. */
const isDataFault = (cause: unknown): boolean =>
  cause instanceof Error && "code" in cause && /^2[23]/.test(String(cause.code));

const pause = (durationMs: number) => new Promise((resolve) => setTimeout(resolve, durationMs));

export class Committer {
  readonly #options: CommitterOptions;
  #waiting: Entry[] = [];
  #running: Promise<void> | undefined;
  #closed = false;

  constructor(options: CommitterOptions) {
    this.#options = options;
  }

  /** Stores one attempt's messages, which ascend in `n` without gaps. Resolves once they are committed or refused. */
  commit(attemptId: string, messages: NumberedMessage[]): Promise<CommitOutcome> {
    return new Promise((done) => {
      this.#waiting.push({ run: runOf(attemptId, messages), done });
      this.#running ??= this.#run();
    });
  }

  /** Stores what is waiting, then resolves. Entries that cannot be stored during shutdown stay unanswered. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    let tell: Tell | undefined;
    while (this.#waiting.length > 0) {
      const startedAt = performance.now();
      const storing = this.#storeUntilDone(this.#takeBatch());
      if (tell) {
        // By then the statement is on its way.
        await nextTurn();
        tell();
      }
      tell = await storing;
      if (!tell) break;
      const restMs = BATCH_INTERVAL_MS - (performance.now() - startedAt);
      if (this.#waiting.length > 0 && restMs <= 0) continue;
      tell();
      tell = undefined;
      if (this.#waiting.length > 0) await pause(restMs);
    }
    this.#running = undefined;
  }

  #takeBatch(): Batch<Entry> {
    const batch = new Batch<Entry>();
    const left = this.#waiting.findIndex(
      (entry) => batch.eventCount >= BATCH_MAX_EVENTS || !batch.add(entry),
    );
    this.#waiting = left === -1 ? [] : this.#waiting.slice(left);
    return batch;
  }

  /** Resolves once the batch is stored; with undefined when it cannot be during shutdown. */
  async #storeUntilDone(batch: Batch<Entry>): Promise<Tell | undefined> {
    for (;;) {
      try {
        return await this.#store(batch);
      } catch (cause) {
        if (isDataFault(cause)) return this.#storeOneByOne(batch, cause);
        if (this.#closed) return undefined;
        this.#options.log.error(
          { err: cause, event: "commit_failed", entries: batch.entries.length },
          "events wait for the database",
        );
        await pause(RETRY_MS);
      }
    }
  }

  async #storeOneByOne({ entries }: Batch<Entry>, cause: unknown): Promise<Tell | undefined> {
    const [only] = entries;
    if (only && entries.length === 1) {
      this.#options.log.error(
        { err: cause, event: "message_unstorable", attemptId: only.run.attemptId },
        "a message cannot be stored",
      );
      return () => only.done("invalid");
    }
    const tells: Tell[] = [];
    for (const entry of entries) {
      const alone = new Batch<Entry>();
      alone.add(entry);
      const tell = await this.#storeUntilDone(alone);
      if (!tell) return undefined;
      tells.push(tell);
    }
    return () => tells.forEach((tell) => tell());
  }

  async #store({ entries, runs, eventCount }: Batch<Entry>): Promise<Tell> {
    const startedAt = performance.now();
    const at = this.#options.now();
    const rows = await storeRuns(this.#options.pool, runs, at, this.#options.origin, this.#options.limits);
    this.#options.onMeasured?.(performance.now() - startedAt, eventCount);
    return () => {
      this.#publish(
        runs,
        rows.filter((row) => !row.is_cut),
        at,
      );
      const accepted = new Map(rows.map((row) => [row.attempt_id, row.is_cut ? "cut" : "stored"] as const));
      for (const { run, done } of entries) done(accepted.get(run.attemptId) ?? "refused");
    };
  }

  #publish(runs: Run[], rows: StoredRow[], at: Date): void {
    const byAttempt = new Map(runs.map((run) => [run.attemptId, run]));
    for (const { attempt_id: attemptId, generation_id: generationId, last_n, last_seq } of rows) {
      const { firstN = 0, bodies = [] } = byAttempt.get(attemptId) ?? {};
      const events: StoredEvent[] = bodies
        .slice(Math.max(0, last_n + 1 - firstN))
        .map((body, index) => ({ seq: last_seq + 1 + index, at, body }));
      if (events.length > 0) this.#options.onCommitted(generationId, eventFrames(generationId, events));
    }
  }
}
