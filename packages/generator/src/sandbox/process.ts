import { EventEmitter } from "node:events";
import type { Readable, Writable } from "node:stream";
import type { Signal } from "./protocol.ts";

/** A process in the sandbox, as the agent SDK wants one. Emits `exit` once, or `error` where it never ran. */
export class SandboxProcess extends EventEmitter<{
  exit: [code: number | null, signal: NodeJS.Signals | null];
  error: [error: Error];
}> {
  exitCode: number | null = null;
  signalCode: NodeJS.Signals | null = null;
  killed = false;
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  readonly #send: (signal: Signal) => void;

  /** @param send takes a signal to the process and everything in its group */
  constructor(
    streams: { stdin: Writable; stdout: Readable; stderr: Readable },
    send: (signal: Signal) => void,
  ) {
    super();
    this.stdin = streams.stdin;
    this.stdout = streams.stdout;
    this.stderr = streams.stderr;
    this.#send = send;
    // Told by `exit`; a process that ended before it read everything is no fault of the writer's.
    this.stdin.on("error", () => undefined);
    // An error that nobody listens for would end the driver.
    this.on("error", () => undefined);
  }

  kill(signal: NodeJS.Signals = "SIGTERM"): boolean {
    if (this.exitCode !== null || this.signalCode !== null) return false;
    this.killed = true;
    this.#send(signal === "SIGINT" || signal === "SIGKILL" ? signal : "SIGTERM");
    return true;
  }

  /** Called once by the sandbox. */
  ended(exitCode: number | null, signal: NodeJS.Signals | null): void {
    this.exitCode = exitCode;
    this.signalCode = signal;
    this.emit("exit", exitCode, signal);
  }
}
