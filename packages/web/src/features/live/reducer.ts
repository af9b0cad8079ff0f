/**
 * The state of one generation as a pure function of its events.
 *
 * Invariants, held by tests: any chunking of the same events gives the same state; a repeated event
 * changes nothing; an event whose predecessor is missing is not applied but reported as `gap`, until
 * the missing one comes.
 */
import type { Event } from "@leo/core/event.ts";
import { fold } from "./fold.ts";
import type { LiveState } from "./state.ts";

/** A state under construction: its collections belong to this call alone and may be changed. */
export type Draft = Omit<LiveState, "events" | "items" | "files"> & {
  events: Event[];
  items: LiveState["items"][number][];
  files: Map<string, NonNullable<ReturnType<LiveState["files"]["get"]>>>;
};

const draftOf = (state: LiveState): Draft => ({
  ...state,
  events: [...state.events],
  items: [...state.items],
  files: new Map(state.files),
});

/**
 * Applies events in the order given.
 * @returns the same object when none of them was new
 */
export const reduceEvents = (state: LiveState, events: readonly Event[]): LiveState => {
  let draft: Draft | undefined;
  let lastSeq = state.lastSeq;
  let gap = state.gap;
  for (const event of events) {
    if (event.seq <= lastSeq) continue;
    if (event.seq > lastSeq + 1) {
      gap ??= { expected: lastSeq + 1, received: event.seq };
      continue;
    }
    draft ??= draftOf(state);
    draft.events.push(event);
    draft.firstAt ??= event.at;
    draft.lastAt = event.at;
    fold(draft, event);
    lastSeq = event.seq;
    gap = undefined;
  }
  if (draft) return { ...draft, lastSeq, gap };
  return gap === state.gap ? state : { ...state, gap };
};
