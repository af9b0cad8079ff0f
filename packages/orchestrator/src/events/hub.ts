/**
 * Fans committed events out to the browsers of this orchestrator.
 *
 * Terms: a *feed* is one generation that somebody here reads; its *head* is the last `seq` fanned
 * out. A *reader* is one subscription; its *cursor* is the last `seq` sent to it. A reader is *live*
 * while frames go straight to it; otherwise its *pump* reads the table page by page until it has
 * caught up. A live reader whose buffer is full stops being live: it never slows the others.
 *
 * Wake-ups (own commits, NOTIFY, polling) may repeat, come late or out of order; the table decides.
 */
import type pg from "pg";
import type { Logger } from "pino";
import { eventFrames, type EventFrame, type StoredEvent } from "./frame.ts";
import { readEvents, readHeads } from "./replay.ts";

const PAGE = 500;
/** The smallest event has about so many bytes. */
const EVENT_MIN_BYTES = 100;

/** What all readers together have not taken yet. Each has a share of it, so that those who read nothing hold no more. */
const UNSENT_MAX_BYTES = 32 * 1024 * 1024;
const SHARE_MAX_BYTES = 1024 * 1024;
/** Half a frame: even then a reader gets one frame after the other. */
const SHARE_MIN_BYTES = 16 * 1024;

/** Where a reader's frames go: a browser's socket. */
export interface Sink {
  send(data: Buffer): void;
  /** False once its buffer is so full that live frames must wait. */
  hasRoom(): boolean;
  /** Resolves when there is room again, when it is closed, or when `ended` aborts. */
  room(ended: AbortSignal): Promise<void>;
  isOpen(): boolean;
}

interface Reader {
  sink: Sink;
  cursor: number;
  live: boolean;
  /** Aborts with the subscription, and ends its pump wherever that waits. */
  ended: AbortSignal;
}

interface Feed {
  head: number;
  /** The newest `seq` that is known to be committed. */
  known: number;
  readers: Set<Reader>;
  pulling: boolean;
}

export class Hub {
  readonly #feeds = new Map<string, Feed>();
  readonly #pool: pg.Pool;
  readonly #log: Logger;
  #readerCount = 0;

  constructor(pool: pg.Pool, log: Logger) {
    this.#pool = pool;
    this.#log = log;
  }

  get readerCount(): number {
    return this.#readerCount;
  }

  /** What a reader may have waiting before its next frame has to wait. */
  get shareBytes(): number {
    const share = UNSENT_MAX_BYTES / Math.max(1, this.#readerCount);
    return Math.min(SHARE_MAX_BYTES, Math.max(SHARE_MIN_BYTES, share));
  }

  /**
   * Sends every event with `seq > since` to the sink, stored ones first.
   * @param lastSeq the generation's newest `seq` as the caller just read it
   * @returns a function that ends the subscription
   */
  subscribe(generationId: string, since: number, lastSeq: number, sink: Sink): () => void {
    const feed = this.#feeds.get(generationId) ?? {
      head: lastSeq,
      known: lastSeq,
      readers: new Set(),
      pulling: false,
    };
    this.#feeds.set(generationId, feed);
    const ending = new AbortController();
    const reader: Reader = { sink, cursor: since, live: false, ended: ending.signal };
    feed.readers.add(reader);
    this.#readerCount += 1;
    void this.#pump(generationId, feed, reader);
    return () => {
      if (ending.signal.aborted) return;
      ending.abort();
      feed.readers.delete(reader);
      this.#readerCount -= 1;
      if (feed.readers.size === 0) this.#feeds.delete(generationId);
    };
  }

  /** Fans out frames that were just committed here. */
  publish(generationId: string, frames: EventFrame[]): void {
    const feed = this.#feeds.get(generationId);
    if (!feed) return;
    for (const frame of frames) this.#fanOut(generationId, feed, frame);
  }

  /** Something up to `lastSeq` was committed, here or elsewhere. */
  wake(generationId: string, lastSeq: number): void {
    const feed = this.#feeds.get(generationId);
    if (feed && lastSeq > feed.head) void this.#pull(generationId, feed, lastSeq);
  }

  /** Compares every feed with the table: the truth behind lost wake-ups. */
  async poll(): Promise<void> {
    if (this.#feeds.size === 0) return;
    for (const { id, lastSeq } of await readHeads(this.#pool, [...this.#feeds.keys()]))
      this.wake(id, lastSeq);
  }

  #fanOut(generationId: string, feed: Feed, frame: EventFrame): void {
    if (frame.lastSeq <= feed.head) return;
    if (frame.firstSeq !== feed.head + 1) {
      void this.#pull(generationId, feed, frame.lastSeq);
      return;
    }
    feed.head = frame.lastSeq;
    for (const reader of feed.readers) {
      if (!reader.live || reader.cursor >= frame.lastSeq) continue;
      if (reader.cursor === frame.firstSeq - 1 && reader.sink.hasRoom()) {
        reader.sink.send(frame.data);
        reader.cursor = frame.lastSeq;
        continue;
      }
      reader.live = false;
      void this.#pump(generationId, feed, reader);
    }
  }

  async #pull(generationId: string, feed: Feed, lastSeq: number): Promise<void> {
    feed.known = Math.max(feed.known, lastSeq);
    if (feed.pulling) return;
    feed.pulling = true;
    try {
      while (feed.head < feed.known) {
        const page = await this.#read(generationId, feed.head, () => feed.readers.size > 0);
        const headBefore = feed.head;
        // A commit of this process may have fanned out meanwhile; repeats are dropped by `head`.
        const rest = page.filter((event) => event.seq > feed.head);
        for (const frame of eventFrames(generationId, rest)) this.#fanOut(generationId, feed, frame);
        // Nothing to read, or a gap: the events have been deleted.
        if (feed.head === headBefore) return;
      }
    } finally {
      feed.pulling = false;
    }
  }

  /**
   * Holds a page only while writing it, so a slow reader costs its buffer and no more. What did not go out is
   * read again once there is room.
   */
  async #pump(generationId: string, feed: Feed, reader: Reader): Promise<void> {
    const { sink, ended } = reader;
    const isWanted = () => !ended.aborted && sink.isOpen();
    while (isWanted()) {
      if (!sink.hasRoom()) {
        await sink.room(ended);
        continue;
      }
      const headBefore = feed.head;
      const page = await this.#read(generationId, reader.cursor, isWanted, this.shareBytes);
      if (!isWanted()) return;
      // Behind the head with nothing to read: those events were purged.
      if (page.length === 0) reader.cursor = Math.max(reader.cursor, headBefore);
      if (page.length === 0 && reader.cursor >= feed.head) {
        reader.live = true;
        return;
      }
      for (const frame of eventFrames(generationId, page)) {
        if (!sink.hasRoom()) break;
        sink.send(frame.data);
        reader.cursor = frame.lastSeq;
      }
    }
  }

  /** Reads a page, however long the database is down; empty once it is no longer wanted. */
  async #read(
    generationId: string,
    since: number,
    isWanted: () => boolean,
    maxBytes?: number,
  ): Promise<StoredEvent[]> {
    const limit = Math.min(PAGE, maxBytes ? Math.ceil(maxBytes / EVENT_MIN_BYTES) : PAGE);
    for (;;) {
      try {
        return await readEvents(this.#pool, generationId, since, limit, maxBytes);
      } catch (cause) {
        this.#log.warn({ err: cause, event: "replay_failed", generationId }, "replay waits for the database");
        await new Promise((resolve) => setTimeout(resolve, 500));
        if (!isWanted()) return [];
      }
    }
  }
}
