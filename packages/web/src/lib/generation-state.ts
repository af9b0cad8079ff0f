import type { GenerationState } from "@leo/core/generation.ts";

/** Kept apart from core's schema module, whose validator the browser does not need. */
const FINAL: ReadonlySet<GenerationState> = new Set<GenerationState>([
  "completed",
  "answered",
  "failed",
  "cancelled",
]);

export const isFinal = (state: GenerationState) => FINAL.has(state);
