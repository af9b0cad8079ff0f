import { isFinal } from "@leo/core/generation.ts";
import { CloseCode } from "@leo/core/protocol/close-code.ts";
import type { Work } from "./generator-work.ts";

/** Why this attempt's generator must stop working, with the code that says so; undefined while it is wanted. */
export const stopReasonOf = ({ attempt, generation }: Work): { code: number; reason: string } | undefined => {
  if (isFinal(generation.state)) return { code: CloseCode.finished, reason: "the generation has ended" };
  if (attempt.number !== generation.attempt)
    return { code: CloseCode.fenced, reason: "a newer attempt exists" };
  if (attempt.endedAt !== null) return { code: CloseCode.fenced, reason: "this attempt was given up" };
  return undefined;
};
