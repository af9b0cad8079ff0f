/**
 * A socket's session is a value. A pure `step` takes it and what has just happened, and returns the next one with
 * the effects to carry out. This loop holds the value: it feeds the step one input at a time, carries out the
 * effects in order, and wakes a session that waits for a time.
 */

/** When a step happens, in ms. */
export interface Moment {
  /** By the database's clock, for dates such as the end of an access token. */
  dateMs: number;
  /** By a clock that nobody sets, for durations. */
  elapsedMs: number;
}

export interface Step<S, E> {
  session: S;
  effects: E[];
}

export interface SessionLoop<S, I, E> {
  start: Step<S, E>;
  step: (session: S, input: I | { type: "tick" }, now: Moment) => Step<S, E>;
  /** Carries out one effect. What comes of it is dispatched, at once or later. */
  perform: (effect: E) => void;
  /** How long until the session wants a tick; undefined while it waits for none. An early tick changes nothing. */
  untilTickMs: (session: S, now: Moment) => number | undefined;
  now: () => Moment;
}

/** The longest time that a timer takes; a longer one would fire at once. */
const TIMER_MAX_MS = 2 ** 31 - 1;

/**
 * Starts a session.
 * @returns a function that feeds it an input; what effects dispatch while they are carried out comes after them
 */
export const runSession = <S, I, E>({
  start,
  step,
  perform,
  untilTickMs,
  now,
}: SessionLoop<S, I, E>): ((input: I) => void) => {
  let { session } = start;
  let timer: { handle: NodeJS.Timeout; dueMs: number } | undefined;
  let isStepping = false;
  const inputs: (I | { type: "tick" })[] = [];

  const schedule = () => {
    const at = now();
    const leftMs = untilTickMs(session, at);
    if (leftMs === undefined) {
      clearTimeout(timer?.handle);
      timer = undefined;
      return;
    }
    const waitMs = Math.min(Math.max(1, leftMs), TIMER_MAX_MS);
    // One that fires early enough looks again, so a later deadline needs no new timer.
    if (timer && timer.dueMs <= at.elapsedMs + waitMs) return;
    clearTimeout(timer?.handle);
    const handle = setTimeout(() => {
      timer = undefined;
      dispatch({ type: "tick" });
    }, waitMs);
    timer = { handle, dueMs: at.elapsedMs + waitMs };
  };

  const carryOut = (first: E[]) => {
    isStepping = true;
    try {
      for (const effect of first) perform(effect);
      for (let input = inputs.shift(); input !== undefined; input = inputs.shift()) {
        const next = step(session, input, now());
        session = next.session;
        for (const effect of next.effects) perform(effect);
      }
    } finally {
      isStepping = false;
    }
    schedule();
  };

  const dispatch = (input: I | { type: "tick" }) => {
    inputs.push(input);
    if (!isStepping) carryOut([]);
  };

  carryOut(start.effects);
  return dispatch;
};
