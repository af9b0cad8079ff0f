import type { Event } from "@leo/core/event.ts";
import type { Failure } from "@leo/core/failure.ts";
import type { GenerationState } from "@leo/core/generation.ts";
import type { Waiting } from "@leo/core/waiting.ts";
import type { EventOf, FileChange, QueuedMessage, TimelineItem } from "./timeline-item.ts";

/** Everything the events of one generation say. Made by the reducer alone. */
export interface LiveState {
  /** The newest event applied; all before it are applied too. */
  lastSeq: number;
  /** Set while an event is missing: the number that must come next and the one that came. */
  gap: { expected: number; received: number } | undefined;
  events: readonly Event[];
  items: readonly TimelineItem[];
  state: GenerationState | undefined;
  attempt: number;
  failure: Failure | undefined;
  /** The step the generator is in, once the agent is connected. */
  step: EventOf<"progress">["step"] | undefined;
  retryAt: string | undefined;
  /** What stands in the way of the next attempt, while queued. */
  waiting: Waiting | undefined;
  /** True once the server has saved a draft of what the ended run left. */
  draftSaved: boolean;
  /** True while the generator is being stopped. */
  stopping: boolean;
  /** Cost of the current attempt so far. */
  costUsd: number;
  /** The last change of each file, by path. */
  files: ReadonlyMap<string, FileChange>;
  /** A proposed plan that nobody has answered yet. */
  openPlan: string | undefined;
  /** Added requests that wait for their turn, oldest first. */
  queued: readonly QueuedMessage[];
  firstAt: string | undefined;
  lastAt: string | undefined;
}

export const EMPTY: LiveState = {
  lastSeq: 0,
  gap: undefined,
  events: [],
  items: [],
  state: undefined,
  attempt: 0,
  failure: undefined,
  step: undefined,
  retryAt: undefined,
  waiting: undefined,
  draftSaved: false,
  stopping: false,
  costUsd: 0,
  files: new Map(),
  openPlan: undefined,
  queued: [],
  firstAt: undefined,
  lastAt: undefined,
};
