import { EventEmitter } from "node:events";
import type { Readable, Writable } from "node:stream";
import type { Signal } from "./protocol.ts";

/** A process in the sandbox, in the form the agent SDK expects. Emits `exit` once, or `error` if it never ran. */
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

  /** @param send sends a signal to the process group */
  constructor(
    streams: { stdin: Writable; stdout: Readable; stderr: Readable },
    send: (signal: Signal) => void,
  ) {
    super();
    this.stdin = streams.stdin;
    this.stdout = streams.stdout;
    this.stderr = streams.stderr;
    this.#send = send;
    // A process may end before it has read everything; `exit` reports that.
    this.stdin.on("error", () => undefined);
    // An error without a listener would end the driver.
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
