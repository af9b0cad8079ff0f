import type { GenerationState } from "@leo/core/generation.ts";
import { isFinal } from "../lib/generation-state.ts";
import { Pulse } from "./pulse.tsx";

const LABELS: Record<GenerationState, { text: string; tone: "live" | "good" | "bad" | "still" }> = {
  queued: { text: "Queued", tone: "still" },
  starting: { text: "Starting", tone: "live" },
  running: { text: "Building", tone: "live" },
  finalizing: { text: "Saving", tone: "live" },
  completed: { text: "Ready", tone: "good" },
  answered: { text: "Answered", tone: "still" },
  failed: { text: "Failed", tone: "bad" },
  cancelled: { text: "Cancelled", tone: "still" },
};

const STOPPING = { text: "Stopping", tone: "still" } as const;

export const stateText = (state: GenerationState) => LABELS[state].text;

interface StateLabelProps {
  state: GenerationState;
  /** Whether a run at work was asked to end. */
  stopping?: boolean;
}

export const StateLabel = ({ state, stopping = false }: StateLabelProps) => {
  const { text, tone } = stopping && !isFinal(state) ? STOPPING : LABELS[state];
  return (
    <span className="inline-flex items-center gap-1.5 text-xs text-muted">
      <Pulse tone={tone} />
      {text}
    </span>
  );
};
