/**
 * A generator's session on `/ws/generator`: its states, what happens to it, and what it has done about it. The steps
 * between them are in `generator-step.ts`.
 *
 *     presenting → admitted → serving → closing
 *                                ↘ stale ↗
 */
import { CloseCode } from "@leo/core/protocol/close-code.ts";
import type { FromGenerator, ToGenerator } from "@leo/core/protocol/generator.ts";
import type { CommitOutcome } from "../events/committer.ts";
import type { AttemptRow } from "../generation/attempt.ts";
import { hashAttemptToken, isAttemptToken } from "../generation/claim.ts";
import type { Answer, Frame, Job, Question } from "./generator-jobs.ts";
import type { Work } from "./generator-work.ts";
import type { Step } from "./session.ts";

/** Its token is being looked up; until then nothing of it is read. */
export interface Presenting {
  state: "presenting";
}
/** The token is an attempt's that is wanted; `ready` is due. */
export interface Admitted {
  state: "admitted";
  attempt: AttemptRow;
  readyByMs: number;
}
export interface Serving {
  state: "serving";
  attempt: AttemptRow;
  /** The highest number so far; undefined before the first. */
  highestN: number | undefined;
  /** Everything up to this number is acknowledged. */
  ackedN: number;
  /** Of frames that are not acknowledged. */
  waitingBytes: number;
  jobs: readonly Job[];
  cancel: "sent" | "unsent";
}
/** A commit found that the attempt is no longer wanted; why is being looked up. */
interface Stale {
  state: "stale";
}
interface Closing {
  state: "closing";
}
export type GeneratorSession = Presenting | Admitted | Serving | Stale | Closing;

export type GeneratorInput =
  | { type: "identified"; work: Work | undefined }
  | { type: "message"; message: FromGenerator; sizeBytes: number }
  | { type: "malformed"; reason: string }
  | { type: "committed"; attempt: AttemptRow; frame: Frame; outcome: CommitOutcome }
  | { type: "answered"; answer: Answer }
  /** Why a commit was refused. */
  | { type: "explained"; work: Work | undefined }
  /** There may be something to notify the generator of. */
  | { type: "notify" }
  /** The question of the first job got no answer. */
  | { type: "unanswered" }
  /** A look-up of the token or a commit failed. */
  | { type: "failed" }
  /** A newer socket of the same generation is served. */
  | { type: "replaced" }
  | { type: "dismissed"; code: number; reason: string }
  | { type: "tick" }
  | { type: "closed" };

export type GeneratorEffect =
  | { type: "identify"; tokenHash: string }
  /** The token opens nothing. */
  | { type: "report_unknown" }
  | { type: "watch"; attempt: AttemptRow }
  /** It takes the place of the generation's socket before it. */
  | { type: "register"; attempt: AttemptRow }
  | { type: "commit"; attempt: AttemptRow; frame: Frame }
  | { type: "ask"; attempt: AttemptRow; question: Question }
  | { type: "explain"; attempt: AttemptRow }
  | { type: "send"; message: ToGenerator }
  /** Everything up to `n` is committed, and the generator has what it must have before it knows. */
  | { type: "ack"; n: number }
  | { type: "pause" }
  | { type: "resume" }
  | { type: "terminate" }
  | { type: "close"; code: number; reason: string };

export type GeneratorStep = Step<GeneratorSession, GeneratorEffect>;

export const stay = (session: GeneratorSession): GeneratorStep => ({ session, effects: [] });

/** Ends a session; the completions that wait in its queue are done without it. */
export const leave = (session: GeneratorSession, ...effects: GeneratorEffect[]): GeneratorStep => {
  const { attempt, jobs } = session.state === "serving" ? session : { attempt: undefined, jobs: [] };
  const completions: GeneratorEffect[] = [];
  for (const job of jobs.slice(1))
    if (attempt && job.type === "complete") completions.push({ type: "ask", attempt, question: job });
  return { session: { state: "closing" }, effects: [...completions, ...effects] };
};

export const close = (session: GeneratorSession, code: number, reason: string): GeneratorStep =>
  leave(session, { type: "close", code, reason });

export const restart = (session: GeneratorSession) => close(session, CloseCode.restart, "try again");

export const unknownToken = (session: GeneratorSession): GeneratorStep =>
  leave(
    session,
    { type: "report_unknown" },
    { type: "close", code: CloseCode.unauthenticated, reason: "unknown attempt token" },
  );

/** @param token as it was presented */
export const openGeneratorSession = (token: string | undefined): GeneratorStep => {
  if (token === undefined || !isAttemptToken(token)) return unknownToken({ state: "presenting" });
  return {
    session: { state: "presenting" },
    effects: [{ type: "pause" }, { type: "identify", tokenHash: hashAttemptToken(token) }],
  };
};
