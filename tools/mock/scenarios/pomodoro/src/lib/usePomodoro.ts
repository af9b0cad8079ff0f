import { useEffect, useEffectEvent, useState } from "react";
import { useStored } from "./useStored.ts";

export const PHASES = {
  focus: { name: "Focus", minutes: 25 },
  short: { name: "Short break", minutes: 5 },
  long: { name: "Long break", minutes: 15 },
} as const;
export type Phase = keyof typeof PHASES;

/** Every fourth focus is followed by the long break. */
const FOCUS_PER_ROUND = 4;
const TICK_MS = 250;

interface State {
  phase: Phase;
  /** Time left when paused, in milliseconds. */
  leftMs: number;
  /** When a running timer ends, in milliseconds since 1970; null while paused. */
  endsAt: number | null;
  /** Focus phases completed. */
  completed: number;
}

export const durationMs = (phase: Phase) => PHASES[phase].minutes * 60_000;

const paused = (phase: Phase, completed: number): State => ({
  phase,
  leftMs: durationMs(phase),
  endsAt: null,
  completed,
});

const following = ({ phase, completed }: State): State => {
  if (phase !== "focus") return paused("focus", completed);
  const isRoundDone = (completed + 1) % FOCUS_PER_ROUND === 0;
  return paused(isRoundDone ? "long" : "short", completed + 1);
};

/** A timer that goes on while the page is reloaded or in the background. */
export function usePomodoro() {
  const [state, setState] = useStored<State>("pomodoro", paused("focus", 0));
  const [now, setNow] = useState(() => Date.now());
  const running = state.endsAt !== null;
  const leftMs = state.endsAt === null ? state.leftMs : Math.max(0, state.endsAt - now);

  const tick = useEffectEvent(() => {
    setNow(Date.now());
    if (state.endsAt !== null && Date.now() >= state.endsAt) setState(following(state));
  });
  useEffect(() => {
    if (!running) return undefined;
    const timer = window.setInterval(tick, TICK_MS);
    return () => window.clearInterval(timer);
  }, [running]);

  const start = () => {
    setNow(Date.now());
    setState({ ...state, endsAt: Date.now() + state.leftMs });
  };
  const pause = () => setState({ ...state, leftMs, endsAt: null });

  return {
    phase: state.phase,
    completed: state.completed,
    leftMs,
    running,
    toggle: running ? pause : start,
    reset: () => setState(paused(state.phase, state.completed)),
    skip: () => setState(following(state)),
    choose: (phase: Phase) => setState(paused(phase, state.completed)),
  };
}
