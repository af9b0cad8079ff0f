import { failure, type Failure } from "@leo/core/failure.ts";

/** A run's own limits that the list of failure codes has no name for; the sentence tells them apart. */
const MESSAGES = {
  workspace:
    "The app grew beyond the size that a version may have. What exists is kept; ask for a smaller step.",
  processes: "A command started more processes than a run may have and was stopped. Reword the request.",
  disk: "The run used up its disk. What exists is kept; ask for a smaller step.",
} as const;

export type RunLimit = keyof typeof MESSAGES;

/** A run ended by one of its own limits. @param detail the numbers, for the operator */
export const limitFailure = (limit: RunLimit, detail: string): Failure => ({
  ...failure("agent_error", `${limit} limit: ${detail}`),
  message: MESSAGES[limit],
});
