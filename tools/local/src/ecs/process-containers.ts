/**
 * Containers as child processes: each leads a session of its own, has a home directory that goes with
 * it, sees none of this process's environment, and takes all that it started with it when it ends.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, mkdirSync, openSync } from "node:fs";
import { rm, rmdir } from "node:fs/promises";
import { constants } from "node:os";
import path from "node:path";
import { containerMark, HOME_VARIABLE } from "../processes/container-mark.ts";
import { Descendants } from "../processes/descendants.ts";
import { killTree, signalGroup } from "../processes/kill-tree.ts";
import type { ContainerExit, ContainerSpec, RunContainer } from "./container.ts";

export interface ProcessContainersOptions {
  /** `{logDir}/{task}/{container}.log` gets both outputs. */
  logDir: string;
  /** Homes and temporary files of running tasks. Outside of a git work tree: build tools obey its ignore file. */
  workDir: string;
  /** Told of each process group, so that a guardian can end it if this process is killed. */
  onStart?: (pid: number) => void;
  onExit?: (pid: number) => void;
}

const exitOf = (code: number | null, signal: NodeJS.Signals | null): ContainerExit => ({
  exitCode: code ?? 128 + (signal ? constants.signals[signal] : 0),
});

const taskHome = (workDir: string, spec: ContainerSpec): string =>
  path.join(workDir, spec.taskId.slice(0, 12), spec.name);

/** The default adapter: one process group per container. */
export const processContainers = (options: ProcessContainersOptions): RunContainer => {
  const descendants = new Descendants();
  return async (spec) => {
    const [program, ...args] = spec.command;
    if (!program) throw new Error(`container ${spec.name} has no command`);
    const home = taskHome(options.workDir, spec);
    const logs = path.join(options.logDir, spec.taskId);
    const temporary = path.join(home, "tmp");
    // At once: a task's containers start one after another, and somebody waits for the first word of the last.
    for (const directory of [temporary, logs]) mkdirSync(directory, { recursive: true });
    const log = openSync(path.join(logs, `${spec.name}.log`), "a");
    const child = spawn(program, args, {
      cwd: spec.workingDirectory ?? home,
      detached: true,
      stdio: ["ignore", log, log],
      env: {
        PATH: process.env.PATH,
        HOME: home,
        TMPDIR: temporary,
        ...spec.environment,
        [HOME_VARIABLE]: home,
      },
    });
    const { pid = 0 } = child;
    if (pid) options.onStart?.(pid);
    const exited = once(child, "exit") as Promise<[number | null, NodeJS.Signals | null]>;
    // A start that fails rejects the next line; `exited` then rejects too and has no other listener.
    exited.catch(() => undefined);
    try {
      await once(child, "spawn");
    } finally {
      closeSync(log);
    }
    descendants.follow(pid);
    const clear = async (): Promise<ContainerExit> => {
      const [code, signal] = await exited;
      await killTree({ roots: [pid], marks: [containerMark(home)], known: descendants.release(pid) });
      options.onExit?.(pid);
      await rm(home, { recursive: true, force: true, maxRetries: 3 });
      // Fails while another container of the task still has its home there.
      await rmdir(path.dirname(home)).catch(() => undefined);
      return exitOf(code, signal);
    };
    return {
      exited: clear(),
      signal: (signal) => signalGroup(pid, signal),
    };
  };
};
