/** The two containers of a generator's task. Both run the same image; the boundary between them is the trust boundary. */
import { createHmac } from "node:crypto";

/** Holds the attempt's token and the model credential; talks to the orchestrator and the model. */
export const DRIVER_CONTAINER = "leo";
/** Runs the agent and everything it starts. */
export const SANDBOX_CONTAINER = "sandbox";

/**
 * The driver's share of a task's memory, in MiB: its heap, a version's checkpoint (at most 200 MB, packed in
 * memory and again while it's sent), and eight model calls. The sandbox has the rest.
 */
export const DRIVER_MEMORY_MIB = 1_536;

/** What a task of this size leaves to its sandbox, in MiB. */
export const sandboxMemoryMib = (taskMemoryMib: number): number => taskMemoryMib - DRIVER_MEMORY_MIB;

/**
 * The key that the driver shows its sandbox's host. Derived from the attempt's token, so the launcher can give it
 * to the sandbox and the driver needs no second secret. The token can't be derived from it.
 */
export const sandboxKey = (attemptToken: string): string =>
  createHmac("sha256", attemptToken).update("leo-sandbox").digest("base64url");
