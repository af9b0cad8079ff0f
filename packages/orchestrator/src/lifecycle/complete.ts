import { eq } from "drizzle-orm";
import type { Failure } from "@leo/core/failure.ts";
import type { Context } from "../context.ts";
import { generations } from "../db/schema.ts";
import { findArtifact } from "./artifact.ts";
import { publish } from "./publish.ts";
import { transition } from "./transition.ts";

/**
 * An attempt's work is over: its last message was committed, or its manifest was found. Safe to
 * repeat. A run that ended with a failure keeps the partial version that it uploaded.
 */
export const completeWork = async (
  context: Context,
  generationId: string,
  attempt: number,
  cause?: Failure,
): Promise<void> => {
  const done = await transition(
    context,
    generationId,
    { type: "work_complete", ...(cause ? { failure: cause } : {}) },
    attempt,
  );
  if (!done) return;
  if (done.decision.effects.some((effect) => effect.type === "publish")) {
    // The version is shown as soon as it is recorded; the caller's acknowledgement need not wait.
    publish(context, generationId).catch((error: unknown) => {
      context.log.error(
        { err: error, event: "publish_failed", generationId },
        "publishing will be tried again",
      );
    });
    return;
  }
  const { appId } = done.generation;
  const partial = await findArtifact(context, appId, generationId, attempt);
  if (!partial) return;
  await context.database.orm
    .update(generations)
    .set({ artifactPrefix: partial.prefix, manifest: partial.manifest })
    .where(eq(generations.id, generationId));
};
