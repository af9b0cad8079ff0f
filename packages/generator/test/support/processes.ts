import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** What a task's container becomes the generator with. */
export const HIDE_ENVIRONMENT = ["/bin/bash", join(import.meta.dirname, "../../hide-environment.sh")];

export interface TestProcess {
  child: ChildProcess;
  /** Everything it wrote. */
  output: () => string;
  /** Resolves with the first line that fits. */
  line: (fits: (line: string) => boolean) => Promise<string>;
  /** Resolves with the exit code, or with the name of the signal that ended it. */
  exited: Promise<number | string>;
  stop: () => Promise<void>;
}

/** Compiled code, so that a hundred processes compile it once. */
const COMPILED = join(import.meta.dirname, "../../../../node_modules/.cache/leo/compiled");

/**
 * Starts a program of this package as a process with this environment and no other variable.
 * @param within a command that becomes the one after it, such as `unshare`
 */
export const startProcess = (
  file: string,
  env: Record<string, string>,
  { args = [], within = [] }: { args?: string[]; within?: string[] } = {},
): TestProcess => {
  const [command = "", ...rest] = [...within, process.execPath, file, ...args];
  const child = spawn(command, rest, {
    env: { NODE_COMPILE_CACHE: COMPILED, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const lines: string[] = [];
  const waiting = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on("line", (line) => {
      lines.push(line);
      for (const look of waiting) look();
    });
  }
  const exited = once(child, "exit").then(([code, signal]) => (code ?? signal) as number | string);
  return {
    child,
    output: () => lines.join("\n"),
    exited,
    line: (fits) =>
      new Promise((resolve, reject) => {
        const look = () => {
          const found = lines.find(fits);
          if (found === undefined) return;
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        look();
        void exited.then((code) => reject(new Error(`ended with ${code}:\n${lines.join("\n")}`)));
      }),
    stop: async () => {
      child.kill("SIGKILL");
      await exited;
    },
  };
};
