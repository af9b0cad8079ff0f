import { SandboxError, type Sandbox } from "./sandbox.ts";

/** Kills every process of the run. A lost sandbox has none left; one that doesn't respond ends with the task. */
export const killAll = async (sandbox: Pick<Sandbox, "call">): Promise<void> => {
  try {
    await sandbox.call({ operation: "kill_all" });
  } catch (error) {
    if (!(error instanceof SandboxError)) throw error;
  }
};
