/** The state machine as a picture, read off the function itself so that it cannot drift from it. */
import { failure } from "./failure.ts";
import { GenerationState } from "./generation.ts";
import { decide, type GenerationStatus, type LifecycleInput } from "./lifecycle.ts";

interface Sample {
  label: string;
  input: LifecycleInput;
}

const SAMPLES: Sample[] = [
  { label: "claimed", input: { type: "claimed" } },
  { label: "launch deferred", input: { type: "launch_deferred", retryInMs: 1_000 } },
  { label: "ready", input: { type: "ready" } },
  { label: "work complete", input: { type: "work_complete" } },
  { label: "work ended with a failure", input: { type: "work_complete", failure: failure("budget") } },
  { label: "waits for the model", input: { type: "work_complete", failure: failure("model_limit") } },
  { label: "version saved", input: { type: "version_saved" } },
  { label: "answered in words", input: { type: "answered" } },
  {
    label: "platform fault",
    input: { type: "attempt_failed", failure: failure("interrupted"), retry: true },
  },
  { label: "fatal fault", input: { type: "attempt_failed", failure: failure("internal"), retry: false } },
  { label: "cancel", input: { type: "cancel_requested" } },
  { label: "task gone", input: { type: "task_gone" } },
  { label: "waited too long", input: { type: "queue_expired" } },
];

const CONDITIONS: { note: string; status: Omit<GenerationStatus, "state"> }[] = [
  { note: "", status: { attempt: 1, maxAttempts: 2, cancelRequested: false } },
  { note: "last attempt", status: { attempt: 2, maxAttempts: 2, cancelRequested: false } },
  { note: "cancel asked", status: { attempt: 1, maxAttempts: 2, cancelRequested: true } },
];

export interface Edge {
  from: GenerationState;
  to: GenerationState;
  label: string;
}

/** Every change of state that `decide` knows, with the condition where one matters. */
export const transitionEdges = (): Edge[] =>
  GenerationState.options.flatMap((from) =>
    SAMPLES.flatMap(({ label, input }) => {
      const seen = new Set<GenerationState>();
      return CONDITIONS.flatMap(({ note, status }) => {
        const to = decide({ ...status, state: from }, input)?.state;
        if (!to || to === from || seen.has(to)) return [];
        seen.add(to);
        return [{ from, to, label: note ? `${label} (${note})` : label }];
      });
    }),
  );

/** A Mermaid state diagram; edges between the same states share one arrow. */
export const lifecycleDiagram = (): string => {
  const arrows = new Map<string, string[]>();
  for (const { from, to, label } of transitionEdges()) {
    const arrow = `${from} --> ${to}`;
    arrows.set(arrow, [...(arrows.get(arrow) ?? []), label]);
  }
  const lines = [...arrows].map(([arrow, labels]) => `  ${arrow}: ${labels.join(", ")}`);
  return [
    "stateDiagram-v2",
    "  [*] --> queued",
    ...lines,
    "  completed --> [*]",
    "  answered --> [*]",
    "  failed --> [*]",
    "  cancelled --> [*]",
  ].join("\n");
};
