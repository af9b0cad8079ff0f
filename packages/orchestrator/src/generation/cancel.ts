import type { Context } from "../app-context.ts";
import { transition } from "./transition.ts";

/** Asks for a cancel. The state follows once the task is gone; a queued generation ends at once. */
export const requestCancel = async (context: Context, generationId: string): Promise<void> => {
  await transition(context, generationId, { type: "cancel_requested" });
};
