/**
 * What a generator's session has to do before it may acknowledge.
 *
 * Whatever the generator is sent goes through one queue of *jobs*, in order: its work, requests of the user,
 * `cancel`, acknowledgements. So an acknowledgement overtakes nothing that the generator must have before it. A job
 * that asks something of the database is a *question*; the jobs behind it wait for its *answer*.
 */
import { settlesMessages } from "@leo/core/event.ts";
import { reportedFailure } from "@leo/core/failure.ts";
import type { NumberedMessage, StartGeneration } from "@leo/core/protocol/generator.ts";
import { cleanDeep } from "@leo/core/scrub.ts";
import { CUT, type FinalWord } from "../generation/complete.ts";
import type { Work } from "./generator-work.ts";

/** One frame's messages on their way to the database. */
export interface Frame {
  messages: NumberedMessage[];
  sizeBytes: number;
}

/** It is ready: record that, and act on a last message that an orchestrator left. */
interface Welcome {
  type: "welcome";
  started: boolean;
}
/** What it needs to know of its work. */
interface Compose {
  type: "compose";
  work: Work;
}
/** How its attempt stands now. `again`: this connection may lack what an earlier one was sent. */
interface Look {
  type: "look";
  again: boolean;
}
/** The user's requests that are due. */
interface Take {
  type: "take";
  again: boolean;
}
interface Complete {
  type: "complete";
  word: FinalWord;
}
/** What needs an answer before the next job has its turn. */
export type Question = Welcome | Compose | Look | Take | Complete;
export type Answer =
  | (Welcome & { found: Work | undefined })
  | (Compose & { start: StartGeneration })
  | (Look & { found: Work | undefined })
  | (Take & { messages: { id: string; text: string }[] })
  | Complete;
export type Job = Question | { type: "cancel" } | { type: "ack"; n: number; sizeBytes: number };

/** What is kept of a message: a failure is a code that a generator may report, in Leo's own words. */
export const inOwnWords = (message: NumberedMessage): NumberedMessage =>
  (message.type === "error" || message.type === "all_work_complete") && message.failure
    ? { ...message, failure: cleanDeep(reportedFailure(message.failure)) }
    : message;

/** The highest number after a frame; a gap is answered with the number that came after it. */
export const numbersOf = (
  messages: NumberedMessage[],
  highest: number | undefined,
): { highestN?: number; gapN?: number } => {
  let highestN = highest;
  // A frame that begins with repeats may leave no gap within itself either.
  let frameN: number | undefined;
  for (const { n } of messages) {
    // The first number after a reconnect may be any that is not acknowledged; then no gaps.
    const before = frameN ?? highestN;
    if (before !== undefined && n > before + 1) return { highestN: before, gapN: n };
    frameN = Math.max(frameN ?? n, n);
    highestN = Math.max(highestN ?? n, n);
  }
  return { highestN };
};

/** What must happen before a committed frame is acknowledged. */
export const jobsOf = ({ messages, sizeBytes }: Frame, isCut: boolean): Job[] => {
  const last = messages.at(-1);
  return [
    // Its generator stops, stores what there is, and says so in the last message, which is not kept.
    ...(isCut ? [{ type: "cancel" } as const] : []),
    ...(last?.type === "all_work_complete" ? [{ type: "complete", word: isCut ? CUT : last } as const] : []),
    ...(messages.some(settlesMessages) ? [{ type: "look", again: false } as const] : []),
    { type: "ack", n: last?.n ?? 0, sizeBytes },
  ];
};
