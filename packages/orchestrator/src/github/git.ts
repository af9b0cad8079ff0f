/** The `git` client as a child process, with its own environment, a time limit and no prompts. */
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { networkSettings } from "@leo/core/network-settings.ts";

export interface GitOptions {
  /** The only directory that git may write to; also its home. */
  directory: string;
  /** `http:` or `https:`; no other protocol is allowed. */
  protocol: string;
  token: string;
  signal: AbortSignal;
}

export type Git = (args: string[], input?: Readable) => Promise<string>;

/** git failed, or was killed. */
export class GitError extends Error {
  override name = "GitError";
  readonly stderr: string;

  constructor(command: string, stderr: string) {
    super(`git ${command}: ${stderr}`);
    this.stderr = stderr;
  }
}

const ASKPASS = fileURLToPath(new URL("askpass.sh", import.meta.url));
const TIMEOUT_MS = 180_000;
const OUTPUT_MAX_CHARS = 64 * 1024;

const environment = ({ directory, token }: GitOptions): Record<string, string> => ({
  PATH: process.env["PATH"] ?? "/usr/local/bin:/usr/bin:/bin",
  HOME: directory,
  TMPDIR: directory,
  LANG: "C",
  LC_ALL: "C",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_TERMINAL_PROMPT: "0",
  GIT_ASKPASS: ASKPASS,
  LEO_GIT_TOKEN: token,
  ...networkSettings(process.env),
});

/** A redirect could leak the token, and only the expected protocol is allowed. */
const settings = ({ protocol }: GitOptions) =>
  [
    "http.followRedirects=false",
    "protocol.allow=never",
    `protocol.${protocol.replace(":", "")}.allow=always`,
    "gc.auto=0",
  ].flatMap((setting) => ["-c", setting]);

const append = (text: string, chunk: Buffer) => (text + chunk.toString("utf8")).slice(-OUTPUT_MAX_CHARS);

/**
 * A `git` that works in one directory.
 * @returns a function that runs one command and returns its stdout; throws GitError, or the signal's reason
 */
export const openGit =
  (options: GitOptions): Git =>
  async (args, input) => {
    const { directory, signal } = options;
    signal.throwIfAborted();
    const [command = ""] = args;
    const child = spawn("git", [...settings(options), ...args], {
      cwd: directory,
      env: environment(options),
      // Its own process group, so that git's helpers end with it.
      detached: true,
      stdio: [input ? "pipe" : "ignore", "pipe", "pipe"],
    });
    let stdout = "";
    let stderr = "";
    child.stdout?.on("data", (chunk: Buffer) => (stdout = append(stdout, chunk)));
    child.stderr?.on("data", (chunk: Buffer) => (stderr = append(stderr, chunk)));

    const kill = () => {
      if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
      process.kill(-child.pid, "SIGKILL");
    };
    const timer = setTimeout(() => {
      stderr = append(stderr, Buffer.from(`took longer than ${TIMEOUT_MS} ms`));
      kill();
    }, TIMEOUT_MS);
    signal.addEventListener("abort", kill, { once: true });
    const ended = new Promise<number | null>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", resolve);
    });
    // If git ends early it closes its input; its own error says more than the broken pipe.
    const fed =
      input && child.stdin ? pipeline(input, child.stdin).then(() => undefined, asError) : undefined;
    try {
      const exitCode = await ended;
      signal.throwIfAborted();
      if (exitCode !== 0) throw new GitError(command, stderr.trim());
      const cause = await fed;
      if (cause) throw cause;
      return stdout;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener("abort", kill);
      input?.destroy();
    }
  };

const asError = (cause: unknown): Error => (cause instanceof Error ? cause : new Error(String(cause)));
