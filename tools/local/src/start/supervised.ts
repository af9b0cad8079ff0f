/** A long-running child process: its output goes to a log file, and when it dies it is started again. */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { open, readFile, stat } from "node:fs/promises";
import { setTimeout as delay } from "node:timers/promises";
import { isDiskFull } from "../log-file.ts";
import { StartError } from "../start-error.ts";

export interface SupervisedOptions {
  /** What a person calls it. */
  name: string;
  /** Arguments of `node`. */
  args: string[];
  /** All of its environment. */
  env: Record<string, string | undefined>;
  logFile: string;
  /** Answers 2xx when it is ready. */
  healthUrl: string;
  onStart: (pid: number) => void;
  onExit: (pid: number) => void;
  /** Aborts when the whole run ends: from then on nothing is started again. */
  runEnds: AbortSignal;
  /** Tells the person about unexpected ends. */
  say: (sentence: string) => void;
}

export interface Supervised {
  pid: () => number;
  /** SIGTERM, then SIGKILL after `graceMs`. */
  stop: (graceMs: number) => Promise<void>;
}

const READY_MS = 60_000;
const POLL_MS = 25;
const RESTART_MS = [100, 500, 1_000, 2_000, 5_000];
const RESTART_MAX_MS = 5_000;

/** How long to wait before a start. @param failures in a row, from 1 */
export const restartDelayMs = (failures: number): number => RESTART_MS[failures - 1] ?? RESTART_MAX_MS;

/** Up for this long, it counts as well again. */
const WELL_MS = 10_000;
const TAIL_LINES = 15;

const isHealthy = async (url: string): Promise<boolean> => {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
};

const sizeOf = async (file: string): Promise<number> => (await stat(file).catch(() => undefined))?.size ?? 0;

/** The last lines that came after `fromByte`. */
const tail = async (file: string, fromByte: number): Promise<string> =>
  (await readFile(file)).subarray(fromByte).toString().trimEnd().split("\n").slice(-TAIL_LINES).join("\n");

const spawnLogged = async (options: SupervisedOptions): Promise<ChildProcess> => {
  const { args, env, logFile } = options;
  const log = await open(logFile, "a");
  const child = spawn(process.execPath, args, { env, detached: true, stdio: ["ignore", log.fd, log.fd] });
  const { pid = 0 } = child;
  options.onStart(pid);
  child.once("exit", () => options.onExit(pid));
  await log.close();
  return child;
};

const howItEnded = ({ exitCode, signalCode }: ChildProcess): string =>
  signalCode ? `signal ${signalCode}` : `exit code ${exitCode}`;

/**
 * Starts the process and resolves when it answers its health URL.
 * @throws StartError when it ends or stays silent before it was ever ready
 */
export const supervise = async (options: SupervisedOptions): Promise<Supervised> => {
  const stopping = new AbortController();
  options.runEnds.addEventListener("abort", () => stopping.abort());
  const logStart = await sizeOf(options.logFile);
  let child = await spawnLogged(options);
  const ended = () => child.exitCode !== null || child.signalCode !== null;
  const untilReady = async (): Promise<boolean> => {
    const giveUpAt = performance.now() + READY_MS;
    while (!ended() && !stopping.signal.aborted && performance.now() < giveUpAt) {
      if (await isHealthy(options.healthUrl)) return true;
      await delay(POLL_MS);
    }
    return false;
  };

  if (!(await untilReady())) {
    const how = ended() ? howItEnded(child) : `no answer for ${READY_MS / 1_000} s`;
    child.kill("SIGKILL");
    throw new StartError(
      `The ${options.name} did not start (${how}):\n${await tail(options.logFile, logStart)}`,
    );
  }

  /** @returns false when the run ended before it could be started */
  const spawnAgain = async (failures: number): Promise<boolean> => {
    for (let tries = failures; ; tries += 1) {
      await delay(restartDelayMs(tries), undefined, { signal: stopping.signal }).catch(() => undefined);
      if (stopping.signal.aborted) return false;
      try {
        child = await spawnLogged(options);
        return true;
      } catch (error) {
        if (!isDiskFull(error)) throw error;
        if (tries === failures) options.say(`The disk is full: the ${options.name} cannot write its log.`);
      }
    }
  };

  const keepRunning = async (): Promise<void> => {
    let failures = 0;
    while (!stopping.signal.aborted) {
      const startedAt = performance.now();
      if (!ended()) await once(child, "exit");
      if (stopping.signal.aborted) return;
      failures = performance.now() - startedAt > WELL_MS ? 0 : failures + 1;
      options.say(`The ${options.name} ended unexpectedly (${howItEnded(child)}); starting it again.`);
      if (!(await spawnAgain(failures))) return;
      if (await untilReady()) options.say(`The ${options.name} runs again.`);
    }
  };
  const kept = keepRunning();

  return {
    pid: () => child.pid ?? 0,
    stop: async (graceMs) => {
      stopping.abort();
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), graceMs);
      await kept;
      if (!ended()) await once(child, "exit");
      clearTimeout(timer);
    },
  };
};
