import type { GenerationState } from "@leo/core/generation.ts";
import { Pulse } from "./pulse.tsx";

const LABELS: Record<GenerationState, { text: string; tone: "live" | "good" | "bad" | "still" }> = {
  queued: { text: "Queued", tone: "still" },
  starting: { text: "Starting", tone: "live" },
  running: { text: "Building", tone: "live" },
  publishing: { text: "Publishing", tone: "live" },
  completed: { text: "Ready", tone: "good" },
  answered: { text: "Answered", tone: "still" },
  failed: { text: "Failed", tone: "bad" },
  cancelled: { text: "Cancelled", tone: "still" },
};

export const stateText = (state: GenerationState) => LABELS[state].text;

export const StateLabel = ({ state }: { state: GenerationState }) => (
  <span className="inline-flex items-center gap-1.5 text-xs text-muted">
    <Pulse tone={LABELS[state].tone} />
    {LABELS[state].text}
  </span>
);
