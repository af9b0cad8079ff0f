import { useEffect, useEffectEvent, useLayoutEffect } from "react";
import { durationMs, PHASES, usePomodoro, type Phase } from "../lib/usePomodoro.ts";
import { Button } from "./Button.tsx";
import { Card } from "./Card.tsx";
import { Ring } from "./Ring.tsx";

const clock = (leftMs: number) => {
  const seconds = Math.ceil(leftMs / 1_000);
  return `${String(Math.floor(seconds / 60)).padStart(2, "0")}:${String(seconds % 60).padStart(2, "0")}`;
};

export function Timer() {
  const { phase, completed, leftMs, running, toggle, reset, skip, choose } = usePomodoro();

  useEffect(() => {
    document.title = `${clock(leftMs)} · ${PHASES[phase].name}`;
  }, [leftMs, phase]);

  const onKeyDown = useEffectEvent((event: KeyboardEvent) => {
    if (event.target instanceof HTMLElement && event.target.matches("input, textarea, button")) return;
    if (event.key === " ") toggle();
    if (event.key === "r") reset();
  });
  // A layout effect, so that keys work from the moment the page is seen.
  useLayoutEffect(() => {
    window.addEventListener("keydown", onKeyDown);
    return () => window.removeEventListener("keydown", onKeyDown);
  }, []);

  return (
    <Card label="Timer" className="p-6 text-center">
      <fieldset aria-label="Phase" className="mb-6 flex justify-center gap-1 text-sm">
        {(Object.keys(PHASES) as Phase[]).map((name) => (
          <button
            key={name}
            type="button"
            aria-pressed={phase === name}
            onClick={() => choose(name)}
            className="cursor-pointer rounded-full px-3 py-1.5 hover:bg-slate-500/10 aria-pressed:bg-accent-500/15 aria-pressed:font-medium aria-pressed:text-accent-600 dark:aria-pressed:text-accent-400"
          >
            {PHASES[name].name}
          </button>
        ))}
      </fieldset>
      <Ring share={leftMs / durationMs(phase)}>
        <span role="timer" aria-label="Time left" className="text-5xl font-semibold tabular-nums">
          {clock(leftMs)}
        </span>
        <span className="text-sm text-slate-500 dark:text-slate-400">{PHASES[phase].name}</span>
      </Ring>
      <div className="mt-6 flex justify-center gap-2">
        <Button look="primary" className="w-28" onClick={toggle}>
          {running ? "Pause" : "Start"}
        </Button>
        <Button onClick={reset}>Reset</Button>
        <Button onClick={skip}>Skip</Button>
      </div>
      <p aria-live="polite" className="mt-6 text-sm text-slate-500 dark:text-slate-400">
        {completed === 0 ? "No focus completed yet." : `Focus completed: ${completed}`}
      </p>
      <p className="mt-1 text-xs text-slate-500 dark:text-slate-400">Space starts and pauses, R resets.</p>
    </Card>
  );
}
