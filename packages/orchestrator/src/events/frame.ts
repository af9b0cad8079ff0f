/** Events as JSON text. Bodies are stored as text and relayed by splicing, never parsed again. */

export interface StoredEvent {
  seq: number;
  at: Date;
  /** The fact as JSON text: an object that starts with `{"type":`. */
  body: string;
}

export interface EventFrame {
  firstSeq: number;
  lastSeq: number;
  /** A whole `events` message for `/ws/ui`, serialised once for all readers. */
  data: Buffer;
}

/** A frame stays well under the protocol's limit of 1 MiB; one event is at most about 100 KB. */
const FRAME_TARGET_BYTES = 256 * 1024;

/** One event as the API and the socket show it. */
export const eventJson = (event: StoredEvent): string =>
  `{"seq":${event.seq},"at":"${event.at.toISOString()}",${event.body.trimStart().slice(1)}`;

/** Splits events in ascending order into frames. */
export const eventFrames = (generationId: string, events: StoredEvent[]): EventFrame[] => {
  const frames: EventFrame[] = [];
  let parts: string[] = [];
  let sizeBytes = 0;
  let firstSeq = 0;
  const close = (lastSeq: number) => {
    const text = `{"type":"events","generationId":"${generationId}","events":[${parts.join(",")}]}`;
    frames.push({ firstSeq, lastSeq, data: Buffer.from(text) });
    parts = [];
    sizeBytes = 0;
  };
  for (const [index, event] of events.entries()) {
    if (parts.length === 0) firstSeq = event.seq;
    const json = eventJson(event);
    parts.push(json);
    sizeBytes += Buffer.byteLength(json);
    if (sizeBytes >= FRAME_TARGET_BYTES || index === events.length - 1) close(event.seq);
  }
  return frames;
};
