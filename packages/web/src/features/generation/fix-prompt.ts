import type { FailureCode } from "@leo/core/failure.ts";
import { LIMITS } from "@leo/core/limits.ts";
import type { Generation } from "@leo/core/generation.ts";
import type { LiveState } from "../live/state.ts";

/** Failures that the agent can mend in another run, told what they were. */
const MENDABLE = new Set<FailureCode | undefined>([
  "agent_error",
  "tool_timeout",
  "process_limit",
  "workspace_too_large",
  "too_many_files",
  "output_too_large",
]);

/** The end of a tool's output says what went wrong. */
const OUTPUT_MAX_CHARS = 4_000;

/** What a failed run left to be mended; undefined when another try is all that can help. */
const fault = (live: LiveState): { what: string; output: string } | undefined => {
  const round = live.items.findLast((item) => item.kind === "checks");
  const check = round?.checks.find(({ result }) => result === "failed");
  if (check) return { what: `the check "${check.name}"`, output: check.output ?? "" };
  if (MENDABLE.has(live.failure?.code) && live.failure?.detail) {
    return { what: "the run", output: live.failure.detail };
  }
  return undefined;
};

/**
 * A request that sends the failed check back to the agent. With a draft the agent goes on in its own files and
 * session; without one it starts from nothing, and hears the first request again.
 */
export const fixPrompt = (generation: Generation, live: LiveState): string | undefined => {
  const found = fault(live);
  if (!found) return undefined;
  const tail = `\n\nThe last try failed: ${found.what} did not pass. Fix that. Its output:\n\n${found.output.slice(-OUTPUT_MAX_CHARS)}`;
  if (generation.hasDraft) return tail.trimStart();
  return generation.prompt.slice(0, LIMITS.promptMaxChars - tail.length) + tail;
};
