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

/**
 * A frame is closed once it has this many characters, which are at most three bytes each; one event is
 * at most about 100,000. So a frame stays under the protocol's limit of 1 MiB.
 */
const FRAME_TARGET_CHARS = 32 * 1024;

const stamped = (event: StoredEvent, at: string): string =>
  `{"seq":${event.seq},"at":"${at}",${event.body.trimStart().slice(1)}`;

/** One event as the API and the socket show it. */
export const eventJson = (event: StoredEvent): string => stamped(event, event.at.toISOString());

/** Splits events in ascending order into frames. */
export const eventFrames = (generationId: string, events: StoredEvent[]): EventFrame[] => {
  const frames: EventFrame[] = [];
  let parts: string[] = [];
  let chars = 0;
  let firstSeq = 0;
  // Events of one commit share their time, which is written once.
  let at: Date | undefined;
  let atText = "";
  const close = (lastSeq: number) => {
    const text = `{"type":"events","generationId":"${generationId}","events":[${parts.join(",")}]}`;
    frames.push({ firstSeq, lastSeq, data: Buffer.from(text) });
    parts = [];
    chars = 0;
  };
  for (const [index, event] of events.entries()) {
    if (parts.length === 0) firstSeq = event.seq;
    if (event.at !== at) {
      at = event.at;
      atText = at.toISOString();
    }
    const json = stamped(event, atText);
    parts.push(json);
    chars += json.length;
    if (chars >= FRAME_TARGET_CHARS || index === events.length - 1) close(event.seq);
  }
  return frames;
};
