/** Installs what is missing, as `npm start` does, and builds the generator. The web UI is served as it is. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { StartError } from "../start-error.ts";
import { ROOT } from "../start/settings.ts";
import { bundleFault } from "./code-fault.ts";
import { buildGenerator } from "./generator-build.ts";

/** Install scripts and builds need no stage: its keys and secrets stay here. */
const PRIVATE = /^(AWS_|SST_|DATABASE_URL$|GITHUB_BOT_TOKEN$)/;

interface Processes {
  onStart: (pid: number) => void;
  onExit: (pid: number) => void;
}

const install = async ({ onStart, onExit }: Processes): Promise<void> => {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !PRIVATE.test(name)));
  const child = spawn(process.execPath, [path.join(ROOT, "tools/local/setup.mjs"), "--dev"], {
    env,
    // A signal to the group would end this one and leave the npm that it waits for. The guardian ends both.
    detached: true,
    stdio: ["ignore", "inherit", "inherit"],
  });
  const { pid = 0 } = child;
  onStart(pid);
  const [code] = (await once(child, "exit")) as [number | null];
  onExit(pid);
  if (code !== 0) throw new StartError("Leo does not start: its set-up failed, and said why above.");
};

const build = async (say: (sentence: string) => void): Promise<void> => {
  say("leo: building the generator …");
  const startedAtMs = performance.now();
  try {
    await buildGenerator();
  } catch (cause) {
    throw new StartError(`Leo does not start: the generator cannot be built. ${bundleFault(cause)}`, {
      cause,
    });
  }
  say(`leo: building the generator: done in ${((performance.now() - startedAtMs) / 1_000).toFixed(1)} s`);
};

/** @throws StartError when something fails; the reason is in it, or has been printed */
export const setUp = async (processes: Processes, say: (sentence: string) => void): Promise<void> => {
  await install(processes);
  await build(say);
};
