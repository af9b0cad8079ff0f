/** Containers of the local ECS endpoint, run from images by `buildah run`. Options come from $BUILDAH. */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { openSync } from "node:fs";
import { readFile, readlink } from "node:fs/promises";
import type { ContainerRun, ContainerSpec, RunContainer } from "@leo/local/ecs/container.ts";
import { processTable } from "@leo/local/processes/table.ts";

const [buildahProgram = "buildah", ...options] = (process.env.BUILDAH ?? "buildah").split(" ");

const buildah = (...args: string[]) =>
  execFileSync(buildahProgram, [...options, ...args], { encoding: "utf8" }).trim();

/** What a process runs. One for another architecture is QEMU's, which is handed the program to run. */
const programOf = async (pid: number): Promise<string> => {
  const executable = await readlink(`/proc/${pid}/exe`).catch(() => "");
  if (!/qemu|binfmt/.test(executable)) return executable;
  const commandLine = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
  return commandLine.split("\0")[1] ?? "";
};

/** The container's own process: ECS signals that one, and `buildah run` gives back its exit code. */
const nodeBelow = async (pid: number): Promise<number | undefined> => {
  for (const child of (await processTable()).filter(({ parentPid }) => parentPid === pid)) {
    if ((await programOf(child.pid)).endsWith("/node")) return child.pid;
    const found = await nodeBelow(child.pid);
    if (found) return found;
  }
  return undefined;
};

/** A working container of an image; gone with `remove`. */
export const openContainer = (image: string) => {
  const container = buildah("from", image);
  return {
    /** Runs a command, or the image's own one, as the image's user; its output goes to a file. */
    run: (environment: Record<string, string>, logFile: string, command: string[]): ContainerRun => {
      const variables = Object.entries(environment).flatMap(([name, value]) => ["--env", `${name}=${value}`]);
      const log = openSync(logFile, "a");
      const args = [...options, "run", "--isolation", "chroot", ...variables, container, "--", ...command];
      const child = spawn(buildahProgram, args, { stdio: ["ignore", log, log], detached: true });
      const exited = once(child, "exit").then(([code]) => ({ exitCode: (code as number | null) ?? 137 }));
      const signal = async (name: "SIGTERM" | "SIGKILL") => {
        if (child.exitCode !== null || !child.pid) return;
        const program = name === "SIGTERM" ? await nodeBelow(child.pid) : undefined;
        process.kill(program ?? -child.pid, name);
      };
      return { exited, signal: (name) => void signal(name) };
    },
    remove: () => buildah("rm", container),
  };
};

/** The command that an image would run by itself. */
export const commandOf = (image: string): string[] =>
  (JSON.parse(buildah("inspect", "--type", "image", image)) as { Docker: { config: { Cmd: string[] } } })
    .Docker.config.Cmd;

export type OpenContainer = ReturnType<typeof openContainer>;

/** Runs a task's containers, each in a working container of its own. */
export const imageContainers =
  (containers: Record<string, OpenContainer>, logFolder: string): RunContainer =>
  async ({ name, environment, command }: ContainerSpec) => {
    const container = containers[name];
    if (!container) throw new Error(`no image for container ${name}`);
    return container.run(environment, `${logFolder}/${name}.log`, command);
  };
