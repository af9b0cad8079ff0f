/** Runs a command for the driver and connects its streams. */
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import type { Readable, Writable } from "node:stream";
import type { HarnessAhead } from "../../agent/harness-ahead.ts";
import { signalProcess } from "../../process/family.ts";
import { killGroup, readProcessLimit, spawnLimited } from "../../process/limited.ts";
import type { Request, Result, Signal } from "../protocol.ts";

/** How long to keep reading output that a process's descendants hold open after its end. */
const LAST_OUTPUT_MS = 1_000;

export interface ExecOptions {
  /** A process that may be exactly the requested one. */
  ahead: HarnessAhead | undefined;
  streams: { stdin: Readable; stdout: Writable; stderr: Writable };
  /** Kills the process. */
  abort: AbortSignal;
  /** Gets a function that signals the process. */
  onStarted: (signal: (name: Signal) => void) => void;
}

const spawn = ({ command, args, cwd, env }: Extract<Request, { operation: "exec" }>): ChildProcess =>
  spawnLimited(
    command,
    args,
    { env, stdio: ["pipe", "pipe", "pipe"], ...(cwd === undefined ? {} : { cwd }) },
    readProcessLimit(),
  );

/** @returns how it ended, after all of its output has been sent. @throws if it can't be started */
export const runCommand = async (
  request: Extract<Request, { operation: "exec" }>,
  { ahead, streams, abort, onStarted }: ExecOptions,
): Promise<Result<"exec">> => {
  const { operation: _, ...command } = request;
  const child = ahead?.take(command) ?? spawn(request);
  const { stdin, stdout, stderr } = child;
  if (!stdin || !stdout || !stderr) throw new Error("a process was started without its streams");
  const sent = [finished(streams.stdout), finished(streams.stderr)];
  // The process may end before it has read everything; its exit reports that.
  stdin.on("error", () => undefined);
  streams.stdin.pipe(stdin);
  stdout.pipe(streams.stdout);
  stderr.pipe(streams.stderr);
  onStarted((name) => {
    if (name === "SIGKILL") return killGroup(child);
    return child.pid !== undefined && child.exitCode === null ? signalProcess(child.pid, name) : undefined;
  });
  abort.addEventListener("abort", () => killGroup(child), { once: true });
  const [exitCode, signal] = (await once(child, "exit")) as [number | null, NodeJS.Signals | null];
  const timer = setTimeout(() => {
    for (const stream of [stdout, stderr]) stream.destroy();
    for (const stream of [streams.stdout, streams.stderr]) stream.end();
  }, LAST_OUTPUT_MS);
  await Promise.all(sent);
  clearTimeout(timer);
  return { exitCode, signal };
};

/** Resolves when a stream has taken everything, or won't take more. */
const finished = (stream: Writable): Promise<void> =>
  new Promise((resolve) => {
    stream.once("finish", resolve);
    stream.once("close", resolve);
  });
