/**
 * How the state of a generation is stored. `finalizing` keeps the word that it had when the table was made,
 * `publishing`: during an update an older orchestrator works on the same rows, after a rollback it has them to
 * itself, and it knows no other word.
 */
import { customType } from "drizzle-orm/pg-core";
import type { GenerationState } from "@leo/core/generation.ts";

const FINALIZING = "publishing";

type StoredState = Exclude<GenerationState, "finalizing"> | typeof FINALIZING;

/** For SQL that is written out: `finalizing` as it is stored. */
export const storedState = (state: GenerationState): StoredState =>
  state === "finalizing" ? FINALIZING : state;

/** @param stored a value of the column `state`, as SQL that is written out returns it */
export const stateFrom = (stored: string): GenerationState =>
  stored === FINALIZING ? "finalizing" : (stored as GenerationState);

export const generationState = customType<{ data: GenerationState; driverData: string }>({
  dataType: () => "text",
  toDriver: storedState,
  fromDriver: stateFrom,
});

const listed = (...states: GenerationState[]) =>
  `(${states.map((state) => `'${storedState(state)}'`).join(", ")})`;

/** For SQL that is written out: the states of a generation that has a task. A literal, since a partial index is of no use to a parameter. */
export const WITH_TASK = listed("starting", "running", "finalizing");
/** As `WITH_TASK`: the states of a generation that is not over. */
export const UNFINISHED = listed("queued", "starting", "running", "finalizing");
export const IS_FINALIZING = `'${FINALIZING}'`;
