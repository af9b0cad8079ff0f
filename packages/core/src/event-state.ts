/** Apart from the schemas: the browser needs this, and no validator. */
import type { EventState, GenerationState } from "./generation.ts";

/** The state that an event names, in today's words: events stay stored as they were written. */
export const stateOf = (state: EventState): GenerationState =>
  state === "publishing" ? "finalizing" : state;
