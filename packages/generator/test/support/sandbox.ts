import type { Ahead } from "../../src/agent/harness-ahead.ts";
import { startHost, type SandboxHost } from "../../src/sandbox/host/host.ts";
import { Sandbox } from "../../src/sandbox/sandbox.ts";
import type { RunPaths } from "../../src/run-paths.ts";
import { TEMPLATE, withRunPaths } from "./run-paths.ts";

export const KEY = "the-key-of-the-task";

/** A host in the test's own process. */
export const startTestHost = (
  root: string,
  { ahead }: { ahead?: Ahead | undefined } = {},
): Promise<SandboxHost> =>
  startHost({
    config: {
      LEO_SANDBOX_PORT: 0,
      LEO_SANDBOX_KEY: KEY,
      LEO_TEMPLATE_DIR: TEMPLATE,
      LEO_CHROMIUM: "/nowhere",
    },
    root,
    ahead,
  });

/** Runs with a sandbox as the driver has it, and with the directories on the other side of it. */
export const withSandbox = (
  run: (sandbox: Sandbox, paths: RunPaths, host: SandboxHost) => Promise<void>,
): Promise<void> =>
  withRunPaths(async (paths) => {
    const host = await startTestHost(paths.root);
    try {
      const sandbox = await Sandbox.connect({ port: host.port, key: KEY });
      await run(sandbox, paths, host);
      sandbox.close();
    } finally {
      await host.close();
    }
  });
