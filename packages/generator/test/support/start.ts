import { attemptPrefix } from "@leo/core/artifact.ts";
import { newId } from "@leo/core/id.ts";
import type { StartGeneration } from "@leo/core/protocol/generator.ts";

/** The work of a first attempt: a todo list, without a bucket unless one is named. */
export const newStart = (changes: Partial<StartGeneration> & { bucket?: string } = {}): StartGeneration => {
  const { bucket = "none", ...rest } = changes;
  const [appId, generationId] = [newId(), newId()];
  return {
    type: "start_generation",
    generationId,
    appId,
    appName: "Test app",
    attempt: 1,
    prompt: "a todo list",
    mode: "autonomous",
    limits: { deadlineAt: new Date(Date.now() + 120_000).toISOString(), budgetUsd: 5, maxTurns: 50 },
    preview: { ownOrigin: true, secureContext: true },
    artifact: { bucket, prefix: attemptPrefix(appId, generationId, 1) },
    ...rest,
  };
};
