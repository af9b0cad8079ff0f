import type { Event } from "@leo/core/event.ts";
import { createListeners } from "../../lib/listeners.ts";
import { EMPTY, type LiveState } from "./state.ts";
import { reduceEvents } from "./reducer.ts";

/** How the subscription of one generation stands. */
export interface Feed {
  /** `loading` until everything stored at the time of the subscription has arrived. */
  status: "loading" | "live" | "not_found";
}

export interface LiveSnapshot extends Feed {
  live: LiveState;
}

/** The one owner of a live generation's state. Readers subscribe; only the feed writes. */
export interface LiveStore {
  readonly generationId: string;
  snapshot: () => LiveSnapshot;
  subscribe: (listener: () => void) => () => void;
  /** Queues events; they are reduced together before the next frame is painted. */
  receive: (events: readonly Event[]) => void;
  /** Everything up to this event was stored when the subscription was made. */
  expect: (lastSeq: number) => void;
  refuse: () => void;
}

/** Hidden pages paint no frames, yet must stay current: then this many milliseconds pass between updates. */
const HIDDEN_FLUSH_MS = 200;

const beforeNextFrame = (flush: () => void) => {
  if (document.visibilityState === "hidden") setTimeout(flush, HIDDEN_FLUSH_MS);
  else requestAnimationFrame(flush);
};

/** @param onGap told when an event is missing and replay must be asked for from `live.lastSeq` */
export const createLiveStore = (
  generationId: string,
  onGap: () => void,
  schedule: (flush: () => void) => void = beforeNextFrame,
): LiveStore => {
  const { subscribe, notify } = createListeners();
  let current: LiveSnapshot = { live: EMPTY, status: "loading" };
  let pending: Event[] = [];
  let scheduled = false;
  let expectedSeq: number | undefined;

  const publish = (next: LiveSnapshot) => {
    if (next.live === current.live && next.status === current.status) return;
    current = next;
    notify();
  };

  const statusAt = (lastSeq: number): Feed["status"] => {
    if (current.status !== "loading") return current.status;
    return expectedSeq !== undefined && lastSeq >= expectedSeq ? "live" : "loading";
  };

  const flush = () => {
    scheduled = false;
    const events = pending;
    pending = [];
    const live = reduceEvents(current.live, events);
    const gapOpened = live.gap !== undefined && live.gap !== current.live.gap;
    publish({ live, status: statusAt(live.lastSeq) });
    if (gapOpened) onGap();
  };

  return {
    generationId,
    snapshot: () => current,
    subscribe,
    receive: (events) => {
      // One by one: a replay of many thousands does not fit into a call's arguments.
      for (const event of events) pending.push(event);
      if (scheduled) return;
      scheduled = true;
      schedule(flush);
    },
    expect: (lastSeq) => {
      expectedSeq = lastSeq;
      publish({ live: current.live, status: statusAt(current.live.lastSeq) });
    },
    refuse: () => publish({ live: current.live, status: "not_found" }),
  };
};
