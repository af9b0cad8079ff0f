/** Installs and builds what a run needs, as `npm start` does, and passes on what it says. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { StartError } from "../start-error.ts";
import { ROOT } from "../start/settings.ts";

/** Install scripts and builds need no stage: its keys and secrets stay here. */
const PRIVATE = /^(AWS_|SST_|DATABASE_URL$|GITHUB_BOT_TOKEN$)/;

/** @throws StartError when it fails; it has said why */
export const setUp = async (processes: {
  onStart: (pid: number) => void;
  onExit: (pid: number) => void;
}): Promise<void> => {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !PRIVATE.test(name)));
  const child = spawn(process.execPath, [path.join(ROOT, "packages/local/setup.mjs"), "--dev"], {
    env,
    stdio: ["ignore", "inherit", "inherit"],
  });
  const { pid = 0 } = child;
  processes.onStart(pid);
  const [code] = (await once(child, "exit")) as [number | null];
  processes.onExit(pid);
  if (code !== 0) throw new StartError("Leo is not ready: its set-up failed, and said why above.");
};
