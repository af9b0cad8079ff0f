/** The two containers of a generator's task. Both run the same image; what lies between them is the trust line. */
import { createHmac } from "node:crypto";

/** Holds the attempt's token and the model's credential; speaks to the orchestrator and the model. */
export const DRIVER_CONTAINER = "leo";
/** Runs the agent and all that it starts. */
export const SANDBOX_CONTAINER = "sandbox";

/**
 * The driver's part of a task's memory, in MiB: its heap, a version's checkpoint of at most 200 MB packed in
 * memory and once more while it is sent, and eight calls of the model. The sandbox has the rest.
 */
export const DRIVER_MEMORY_MIB = 1_536;

/** What a task of this size leaves to its sandbox, in MiB. */
export const sandboxMemoryMib = (taskMemoryMib: number): number => taskMemoryMib - DRIVER_MEMORY_MIB;

/**
 * What the driver shows the host of its own sandbox. Made from the attempt's token, so the launcher can give it
 * to the sandbox and the driver needs no second secret; the token cannot be found from it.
 */
export const sandboxKey = (attemptToken: string): string =>
  createHmac("sha256", attemptToken).update("leo-sandbox").digest("base64url");
