import { cutStart } from "../report.ts";
import { killGroup, readProcessLimit, spawnLimited } from "./limited.ts";

export interface CommandResult {
  /** Undefined if a signal ended it or it couldn't be started. */
  exitCode: number | undefined;
  /** The end of its output on both streams. */
  output: string;
  timedOut: boolean;
  durationMs: number;
}

const OUTPUT_MAX_CHARS = 20_000;

/**
 * Runs a command to its end in its own process group, which is killed at the timeout or when the signal aborts.
 */
export const runCommand = async (
  command: string,
  args: string[],
  options: { cwd: string; env: Record<string, string>; timeoutMs: number; signal: AbortSignal },
): Promise<CommandResult> => {
  const startedMs = performance.now();
  const { cwd, env, timeoutMs, signal } = options;
  signal.throwIfAborted();
  const child = spawnLimited(
    command,
    args,
    { cwd, env, stdio: ["ignore", "pipe", "pipe"] },
    readProcessLimit(),
  );
  let output = "";
  const collect = (chunk: Buffer) => {
    output = (output + chunk.toString("utf8")).slice(-2 * OUTPUT_MAX_CHARS);
  };
  child.stdout?.on("data", collect);
  child.stderr?.on("data", collect);

  const kill = () => killGroup(child);
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    kill();
  }, timeoutMs);
  signal.addEventListener("abort", kill, { once: true });
  const exitCode = await new Promise<number | undefined>((resolve) => {
    child.once("error", (error) => {
      output += error.message;
      resolve(undefined);
    });
    child.once("close", (code) => resolve(code ?? undefined));
  });
  clearTimeout(timer);
  signal.removeEventListener("abort", kill);
  return {
    exitCode,
    output: cutStart(output, OUTPUT_MAX_CHARS),
    timedOut,
    durationMs: performance.now() - startedMs,
  };
};
