import { SandboxError, type Sandbox } from "./sandbox.ts";

/** Ends every process of the run. A sandbox that is gone has none; one that does not answer ends with the task. */
export const killAll = async (sandbox: Pick<Sandbox, "call">): Promise<void> => {
  try {
    await sandbox.call({ operation: "kill_all" });
  } catch (error) {
    if (!(error instanceof SandboxError)) throw error;
  }
};
