/** Runs a command for the driver, with its streams. */
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import type { Readable, Writable } from "node:stream";
import type { HarnessAhead } from "../../agent/harness-ahead.ts";
import { signalProcess } from "../../process/family.ts";
import { killGroup, readProcessLimit, spawnLimited } from "../../process/limited.ts";
import type { Request, Result, Signal } from "../protocol.ts";

/** What a process's descendants still hold open after its end is read for this long, in milliseconds. */
const LAST_OUTPUT_MS = 1_000;

export interface ExecOptions {
  /** A process that may be the very one that is asked for. */
  ahead: HarnessAhead | undefined;
  streams: { stdin: Readable; stdout: Writable; stderr: Writable };
  /** Kills the process. */
  abort: AbortSignal;
  /** Called with how to signal it. */
  onStarted: (signal: (name: Signal) => void) => void;
}

const spawn = ({ command, args, cwd, env }: Extract<Request, { operation: "exec" }>): ChildProcess =>
  spawnLimited(
    command,
    args,
    { env, stdio: ["pipe", "pipe", "pipe"], ...(cwd === undefined ? {} : { cwd }) },
    readProcessLimit(),
  );

/** @returns how it ended, once all that it wrote has been sent. @throws when it cannot be started */
export const runCommand = async (
  request: Extract<Request, { operation: "exec" }>,
  { ahead, streams, abort, onStarted }: ExecOptions,
): Promise<Result<"exec">> => {
  const { operation: _, ...command } = request;
  const child = ahead?.take(command) ?? spawn(request);
  const { stdin, stdout, stderr } = child;
  if (!stdin || !stdout || !stderr) throw new Error("a process was started without its streams");
  const sent = [finished(streams.stdout), finished(streams.stderr)];
  // A process that ended before it read everything: told by its end.
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

/** Resolves when a stream has taken everything, or will take no more. */
const finished = (stream: Writable): Promise<void> =>
  new Promise((resolve) => {
    stream.once("finish", resolve);
    stream.once("close", resolve);
  });
