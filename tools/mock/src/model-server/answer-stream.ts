import type { ServerResponse } from "node:http";
import { toMessage } from "./message.ts";
import type { MessagesRequest } from "./scripts/request.ts";
import { encodeEvent, toStreamEvents } from "./stream-events.ts";
import type { Turn } from "./scripts/turn.ts";

const PING_INTERVAL_MS = 5_000;
const STREAM_HEADERS = { "content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache" };

export interface Pace {
  /** Milliseconds between two deltas. */
  paceMs: number;
  sleep: (durationMs: number, signal: AbortSignal) => Promise<unknown>;
}

const waitWithPings = async (
  response: ServerResponse,
  durationMs: number,
  { sleep }: Pace,
  signal: AbortSignal,
) => {
  for (let leftMs = durationMs; leftMs > 0; leftMs -= PING_INTERVAL_MS) {
    response.write(encodeEvent({ type: "ping" }));
    await sleep(Math.min(leftMs, PING_INTERVAL_MS), signal);
  }
};

/** Streams a turn as server-sent events. @throws when the signal aborts */
export const streamTurn = async (
  response: ServerResponse,
  request: MessagesRequest,
  turn: Turn,
  pace: Pace,
  signal: AbortSignal,
): Promise<void> => {
  const [opening, ...events] = toStreamEvents(toMessage(request, turn)).map(encodeEvent);
  response.writeHead(200, STREAM_HEADERS);
  response.write(opening);
  await waitWithPings(response, turn.waitMs ?? 0, pace, signal);
  for (const [index, event] of events.entries()) {
    if (index === turn.breakAfterEvents) return breakStream(response, turn.breakWith);
    response.write(event);
    const delta = event.startsWith("event: content_block_delta");
    if (delta && pace.paceMs > 0) await pace.sleep(pace.paceMs, signal);
  }
  response.end();
};

const breakStream = (response: ServerResponse, how: Turn["breakWith"]) => {
  const error = { type: "overloaded_error", message: "Overloaded" };
  if (how === "error") response.write(encodeEvent({ type: "error", error }));
  if (how === "error" || how === "end") response.end();
  // Not before what was said has been handed over.
  if (how === "cut") response.write(encodeEvent({ type: "ping" }), () => response.destroy());
};

/** Opens a stream that never says anything. */
export const stallStream = (response: ServerResponse) => {
  response.writeHead(200, STREAM_HEADERS);
  response.flushHeaders();
};
