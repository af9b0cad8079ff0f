import { isFinal, type Generation, type GenerationState } from "@leo/core/generation.ts";
import type { UserContext } from "../app-context.ts";
import { markAppDeleted } from "../app/app.ts";
import { asActor, SERVICE, tx } from "../db/tx.ts";
import { ApiFault } from "../fault.ts";
import { transition } from "./transition.ts";
import { findGeneration, viewOne } from "./view.ts";

/** @throws ApiFault `conflict` for one that can no longer be stopped */
export const rejectLateCancel = ({ state }: { state: GenerationState }): void => {
  if (state === "finalizing")
    throw new ApiFault("conflict", "The version is nearly done: too late to cancel.");
  if (state === "cancelled" || !isFinal(state)) return;
  throw new ApiFault("conflict", `This run has already ${state === "failed" ? "failed" : "finished"}.`);
};

/** Asks for the end of anybody's run. The state follows once the task is gone; a queued generation ends at once. */
export const requestCancel = async (
  context: Parameters<typeof transition>[0],
  generationId: string,
): Promise<void> => {
  await transition(context, generationId, { type: "cancel_requested" });
};

/**
 * Asks for the end of one of the user's runs.
 * @returns the generation as it is now
 * @throws ApiFault `not_found`; `conflict` when it can no longer be stopped
 */
export const cancelGeneration = (context: UserContext, generationId: string): Promise<Generation> =>
  tx(context, async ({ orm }) => {
    const row = await findGeneration(orm, context.userId, generationId);
    rejectLateCancel(row);
    if (row.state === "cancelled") return viewOne(context, row);
    // That a run moves is Leo's word, not the user's.
    await asActor(SERVICE, () => requestCancel(context, generationId));
    return viewOne(context, await findGeneration(orm, context.userId, generationId));
  });

/** Deletes one of the user's apps; what is still at work for it is stopped. @throws ApiFault `not_found` */
export const deleteApp = (context: UserContext, appId: string): Promise<void> =>
  tx(context, async () => {
    const active = await markAppDeleted(context, appId);
    if (active.length === 0) return;
    await asActor(SERVICE, async () => {
      for (const generationId of active) await requestCancel(context, generationId);
    });
  });
