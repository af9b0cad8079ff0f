/**
 * Commits what generators report.
 *
 * Terms: an *entry* is one frame's messages of one attempt; a *batch* is every entry that waited
 * when the previous commit ended. One statement stores a batch: it locks the generations in id
 * order, drops messages that are there already (`n <= last_n`), numbers the rest without gaps and
 * notifies. Under load a batch starts at most every 10 ms, so that commits stay large; when idle it
 * starts at once. A batch that fails is tried again until it is stored: callers wait, their sockets
 * stop reading, and generators keep what is not acknowledged. One that fails for its own data is
 * stored entry by entry, so that a bad message costs nobody but its sender.
 */
import type pg from "pg";
import type { NumberedMessage } from "@leo/core/protocol/generator.ts";
import { isAgentActivity } from "@leo/core/event.ts";
import { cleanJson } from "@leo/core/scrub.ts";
import type { Logger } from "pino";
import { EVENTS_CHANNEL } from "./append.ts";
import { eventFrames, type EventFrame, type StoredEvent } from "./frame.ts";

/**
 * `stored`: everything up to the last message is committed. `refused`: replaced or ended attempt.
 * `invalid`: the database cannot hold one of the messages.
 */
export type CommitOutcome = "stored" | "refused" | "invalid";

interface Entry {
  attemptId: string;
  messages: NumberedMessage[];
  done: (outcome: CommitOutcome) => void;
}

export interface CommitterOptions {
  pool: pg.Pool;
  log: Logger;
  now: () => Date;
  /** Goes with the notification of each commit, so that this process knows its own. */
  origin: string;
  /** Called after each commit, before its entries are acknowledged. */
  onCommitted: (generationId: string, frames: EventFrame[]) => void;
  /** Told how long each commit took and how many events it stored. */
  onMeasured?: (durationMs: number, eventCount: number) => void;
}

const BATCH_INTERVAL_MS = 10;
const BATCH_MAX_EVENTS = 2_000;
const RETRY_MS = 250;

const COMMIT = `
with incoming as (
  select * from rows from (
    unnest($1::uuid[]), unnest($2::int[]), unnest($3::text[]), json_array_elements($4::json),
    unnest($5::boolean[]), unnest($6::numeric[])
  ) as t(attempt_id, n, type, body, activity, cost_usd)
), locked as materialized (
  select a.id as attempt_id, a.generation_id, a.last_n, a.cost_usd, g.last_seq
  from leo.attempts a join leo.generations g on g.id = a.generation_id and g.attempt = a.number
  where a.id = any($7::uuid[]) and a.ended_at is null
    and g.state in ('starting', 'running', 'publishing')
  order by g.id for update of g, a
), fresh as materialized (
  select i.*, l.generation_id,
         l.last_seq + row_number() over (partition by l.generation_id order by i.n) as seq
  from incoming i join locked l using (attempt_id) where i.n > l.last_n
), stored as (
  insert into leo.events (generation_id, seq, attempt_id, n, at, type, body)
  select generation_id, seq, attempt_id, n, $8, type, body from fresh
), counted as materialized (
  select f.attempt_id, f.generation_id, max(f.n) as last_n, max(f.seq) as last_seq, bool_or(f.activity) as activity,
         greatest(coalesce(max(f.cost_usd), 0), l.cost_usd) as cost_usd, l.cost_usd as old_cost_usd
  from fresh f join locked l using (attempt_id) group by f.attempt_id, f.generation_id, l.cost_usd
), moved_generations as (
  update leo.generations g set last_seq = c.last_seq, cost_usd = g.cost_usd + c.cost_usd - c.old_cost_usd
  from counted c where g.id = c.generation_id
), moved_attempts as (
  update leo.attempts a set last_n = c.last_n, cost_usd = c.cost_usd, last_frame_at = $8,
         last_activity_at = case when c.activity then $8 else a.last_activity_at end
  from counted c where a.id = c.attempt_id
)
select l.attempt_id, l.generation_id, l.last_n, l.last_seq,
       case when c.last_seq is null then null
            else pg_notify('${EVENTS_CHANNEL}', l.generation_id || ':' || c.last_seq || ':' || $9) end as notified
from locked l left join counted c using (attempt_id)`;

/**
 * PostgreSQL's text of an array of words and numbers, none of which needs quotes. The driver's own
 * arrays look at every element for what to escape, which costs as much as all else here.
 */
const arrayOf = (values: (string | number | boolean | null)[]): string =>
  `{${values.map((value) => value ?? "null").join(",")}}`;

interface LockedRow {
  attempt_id: string;
  generation_id: string;
  last_n: number;
  last_seq: number;
}

/** SQLSTATE classes 22 (data) and 23 (constraint): the same again would fail the same way. */
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

  /** Stores one attempt's messages, which ascend in `n`. Resolves once they are committed or refused. */
  commit(attemptId: string, messages: NumberedMessage[]): Promise<CommitOutcome> {
    return new Promise((done) => {
      this.#waiting.push({ attemptId, messages, done });
      this.#running ??= this.#run();
    });
  }

  /** Stores what waits, then resolves. Entries that cannot be stored while closing stay unanswered. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      const startedAt = performance.now();
      const batch = this.#takeBatch();
      const stored = await this.#storeUntilDone(batch);
      if (!stored) break;
      const restMs = BATCH_INTERVAL_MS - (performance.now() - startedAt);
      if (this.#waiting.length > 0 && restMs > 0) await pause(restMs);
    }
    this.#running = undefined;
  }

  #takeBatch(): Entry[] {
    let eventCount = 0;
    const size = this.#waiting.findIndex(
      (entry) => (eventCount += entry.messages.length) >= BATCH_MAX_EVENTS,
    );
    return this.#waiting.splice(0, size === -1 ? this.#waiting.length : size + 1);
  }

  async #storeUntilDone(batch: Entry[]): Promise<boolean> {
    for (;;) {
      try {
        await this.#store(batch);
        return true;
      } catch (cause) {
        if (isDataFault(cause)) return this.#storeOneByOne(batch, cause);
        if (this.#closed) return false;
        this.#options.log.error(
          { err: cause, event: "commit_failed", entries: batch.length },
          "events wait for the database",
        );
        await pause(RETRY_MS);
      }
    }
  }

  async #storeOneByOne(batch: Entry[], cause: unknown): Promise<boolean> {
    const [only] = batch;
    if (only && batch.length === 1) {
      this.#options.log.error(
        { err: cause, event: "message_unstorable", attemptId: only.attemptId },
        "a message cannot be stored",
      );
      only.done("invalid");
      return true;
    }
    for (const entry of batch) if (!(await this.#storeUntilDone([entry]))) return false;
    return true;
  }

  async #store(batch: Entry[]): Promise<void> {
    const startedAt = performance.now();
    const at = this.#options.now();
    const columns = {
      attemptIds: [] as string[],
      numbers: [] as number[],
      types: [] as string[],
      bodies: [] as string[],
      activity: [] as boolean[],
      costsUsd: [] as (number | null)[],
    };
    const seen = new Map<string, { highestN: number; bodies: Map<number, string> }>();
    for (const { attemptId, messages } of batch) {
      const attempt = seen.get(attemptId) ?? { highestN: 0, bodies: new Map<number, string>() };
      seen.set(attemptId, attempt);
      for (const { n, ...fact } of messages) {
        if (n <= attempt.highestN) continue;
        attempt.highestN = n;
        const body = cleanJson(fact);
        attempt.bodies.set(n, body);
        columns.attemptIds.push(attemptId);
        columns.numbers.push(n);
        columns.types.push(fact.type);
        columns.bodies.push(body);
        columns.activity.push(isAgentActivity(fact));
        columns.costsUsd.push(fact.type === "usage" ? fact.costUsd : null);
      }
    }
    const { rows } = await this.#options.pool.query<LockedRow>({
      name: "commit-events",
      text: COMMIT,
      values: [
        arrayOf(columns.attemptIds),
        arrayOf(columns.numbers),
        arrayOf(columns.types),
        `[${columns.bodies.join(",")}]`,
        arrayOf(columns.activity),
        arrayOf(columns.costsUsd),
        [...seen.keys()],
        at,
        this.#options.origin,
      ],
    });
    this.#options.onMeasured?.(performance.now() - startedAt, columns.numbers.length);
    for (const row of rows) {
      const events: StoredEvent[] = [];
      let seq = row.last_seq;
      for (const [n, body] of seen.get(row.attempt_id)?.bodies ?? []) {
        if (n > row.last_n) events.push({ seq: ++seq, at, body });
      }
      if (events.length > 0)
        this.#options.onCommitted(row.generation_id, eventFrames(row.generation_id, events));
    }
    const accepted = new Set(rows.map((row) => row.attempt_id));
    for (const entry of batch) entry.done(accepted.has(entry.attemptId) ? "stored" : "refused");
  }
}
