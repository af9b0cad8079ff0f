import type { Moment, Step } from "../../src/sockets/session.ts";

/** A socket's session that a test feeds step by step, with a clock of its own. */
export const createSteps = <S, I, E>(
  { session: first, effects }: Step<S, E>,
  step: (session: S, input: I, now: Moment) => Step<S, E>,
  startAt: Moment = { dateMs: 0, elapsedMs: 0 },
) => {
  let session = first;
  let now = startAt;
  return {
    opening: effects,
    session: () => session,
    now: () => now,
    advance: (durationMs: number) => {
      now = { dateMs: now.dateMs + durationMs, elapsedMs: now.elapsedMs + durationMs };
    },
    /** @returns the effects of the step */
    take: (input: I): E[] => {
      const next = step(session, input, now);
      session = next.session;
      return next.effects;
    },
  };
};
