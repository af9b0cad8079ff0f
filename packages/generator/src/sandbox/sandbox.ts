/**
 * The driver's view of the sandbox. Nothing else in the driver touches the workspace or starts a process.
 *
 * A sandbox that breaks the protocol or misses an operation's timeout is given up: everything that waits for it
 * fails, and the run ends. If it goes away, the task ends, and ECS says why.
 */
import { connect, type Socket } from "node:net";
import { constants } from "node:os";
import type { Readable, Writable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { isSystemError } from "../error-text.ts";
import { SandboxFault } from "./fault.ts";
import { SandboxProcess } from "./process.ts";
import {
  FromHost,
  REQUESTS_MAX,
  RESULTS,
  SANDBOX_PROTOCOL,
  type FromDriver,
  type Operation,
  type Request,
  type Result,
  type Signal,
} from "./protocol.ts";
import { ProtocolError, Wire } from "./wire.ts";

/** The sandbox is no longer usable. */
export class SandboxError extends SandboxFault {
  override name = "SandboxError";
  /** It went away by itself, without misbehaving. */
  readonly isLost: boolean;

  constructor(message: string, isLost: boolean) {
    super(message);
    this.isLost = isLost;
  }
}

/** Timeout of each operation, in milliseconds: several times what it needs on a busy machine. */
const TIMEOUTS_MS: Record<Exclude<Operation, "exec">, number> = {
  prepare: 60_000,
  // Unpacks up to 400 MB and installs packages.
  import: 480_000,
  export: 300_000,
  changes: 60_000,
  fingerprint: 60_000,
  measure: 60_000,
  measure_output: 60_000,
  // The sum of its commands' timeouts, plus the browser.
  verify: 660_000,
  resolve: 30_000,
  own_packages: 120_000,
  remove_environment_files: 60_000,
  has_session: 30_000,
  warm_up: 30_000,
  kill_all: 30_000,
};
const HELLO_TIMEOUT_MS = 10_000;
const CONNECT_PAUSE_MS = 4;

type Call = Extract<Request, { operation: Exclude<Operation, "exec"> }>;

interface Open {
  operation: Operation;
  resolve: (result: unknown) => void;
  reject: (error: Error) => void;
  cancelTimer: () => void;
}

export interface CallOptions {
  /** Stops waiting, and cancels the request. */
  signal?: AbortSignal;
  /** Gets the request's input to write to. */
  input?: (stream: Writable) => void;
  /** Gets the request's output to read. */
  output?: (stream: Readable) => void;
}

export interface SandboxOptions {
  port: number;
  key: string;
  /** How long the host may take to listen, in milliseconds. */
  startTimeoutMs?: number;
  /** Replaces each operation's own timeout. */
  timeoutMs?: number;
}

export class Sandbox {
  readonly paths;
  readonly templateDir: string;
  readonly #options: SandboxOptions;
  readonly #wire: Wire;
  readonly #open = new Map<number, Open>();
  readonly #lost = Promise.withResolvers<SandboxError>();
  #error: SandboxError | undefined;
  #closed = false;
  #lastId = 0;

  private constructor(options: SandboxOptions, wire: Wire, hello: Extract<FromHost, { type: "hello" }>) {
    this.#options = options;
    this.#wire = wire;
    this.paths = hello.paths;
    this.templateDir = hello.templateDir;
  }

  /**
   * Connects to the task's host, which may still be starting.
   * @throws SandboxError if nothing listens or responds in time
   */
  static async connect(options: SandboxOptions): Promise<Sandbox> {
    const socket = await connectTo(options.port, options.startTimeoutMs ?? 60_000);
    const said = Promise.withResolvers<Sandbox>();
    let sandbox: Sandbox | undefined;
    const wire = new Wire({
      socket,
      isStrict: true,
      onMessage: (raw) => {
        const message = FromHost.parse(raw);
        if (sandbox) return sandbox.#receive(message);
        if (message.type !== "hello") throw new ProtocolError(`${message.type} came before hello`);
        sandbox = new Sandbox(options, wire, message);
        return said.resolve(sandbox);
      },
      onClosed: (error) => {
        said.reject(new SandboxError(error?.message ?? "the sandbox rejected the driver", !error));
        if (sandbox) sandbox.#onClosed(error);
      },
    });
    const hello = { type: "hello", protocol: SANDBOX_PROTOCOL, key: options.key } satisfies FromDriver;
    wire.send(hello);
    const timer = setTimeout(
      () => wire.close(new SandboxError("the sandbox did not say hello", false)),
      options.timeoutMs ?? HELLO_TIMEOUT_MS,
    );
    try {
      return await said.promise;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Resolves when the sandbox is no longer usable, unless it was closed on purpose. */
  get lost(): Promise<SandboxError> {
    return this.#lost.promise;
  }

  /**
   * Requests an operation. The result is the sandbox's claim, of which only the shape is checked.
   * @throws SandboxError if there is no answer, the signal's reason if it aborts, and otherwise the sandbox's own
   *   error
   */
  call<C extends Call>(request: C, options: CallOptions = {}): Promise<Result<C["operation"]>> {
    const { operation } = request;
    return new Promise((resolve, reject) => {
      const id = this.#ask(request, {
        resolve: (result) => resolve(result as Result<C["operation"]>),
        reject,
        timeoutMs: this.#options.timeoutMs ?? TIMEOUTS_MS[operation],
        streams: (requestId) => {
          options.input?.(this.#wire.openOutgoing(requestId, "input"));
          options.output?.(this.#wire.openIncoming(requestId, "output"));
        },
      });
      if (id === undefined || !options.signal) return;
      const { signal } = options;
      const cancel = () => {
        if (this.#open.has(id)) this.#send({ type: "cancel", id });
        reject(signal.reason as Error);
      };
      if (signal.aborted) cancel();
      else signal.addEventListener("abort", cancel, { once: true });
    });
  }

  /** Starts a command in the sandbox. */
  exec(command: {
    command: string;
    args: string[];
    cwd?: string;
    env: Record<string, string>;
  }): SandboxProcess {
    let process: SandboxProcess | undefined;
    const id = this.#ask(
      { operation: "exec", ...command },
      {
        resolve: (result) => {
          const { exitCode, signal } = result as Result<"exec">;
          process?.ended(exitCode, signal && signal in constants.signals ? (signal as NodeJS.Signals) : null);
        },
        reject: (error) => process?.emit("error", error),
        timeoutMs: undefined,
        streams: (requestId) => {
          process = new SandboxProcess(
            {
              stdin: this.#wire.openOutgoing(requestId, "input"),
              stdout: this.#wire.openIncoming(requestId, "output"),
              stderr: this.#wire.openIncoming(requestId, "errors"),
            },
            (signal: Signal) => this.#send({ type: "signal", id: requestId, signal }),
          );
        },
      },
    );
    if (id === undefined || !process) throw this.#error ?? new SandboxError("the sandbox is closed", false);
    return process;
  }

  /** Closes the connection, with which the sandbox ends. */
  close(): void {
    this.#closed = true;
    this.#wire.close();
  }

  #ask(
    request: Request,
    options: Pick<Open, "resolve" | "reject"> & {
      timeoutMs: number | undefined;
      streams: (id: number) => void;
    },
  ): number | undefined {
    const { operation } = request;
    if (this.#error || this.#closed || this.#open.size >= REQUESTS_MAX) {
      const busy = `the sandbox has not answered ${REQUESTS_MAX} requests`;
      options.reject(this.#error ?? new SandboxError(this.#closed ? "the sandbox is closed" : busy, false));
      return undefined;
    }
    const id = (this.#lastId += 1);
    const { timeoutMs } = options;
    const tooLate = () =>
      this.#wire.close(new SandboxError(`the sandbox did not answer ${operation} in time`, false));
    const timer = timeoutMs === undefined ? undefined : setTimeout(tooLate, timeoutMs);
    this.#open.set(id, { operation, ...options, cancelTimer: () => clearTimeout(timer) });
    // Sent first, because data may be written to the streams at once.
    this.#send({ type: "request", id, request });
    options.streams(id);
    return id;
  }

  #send(message: FromDriver): void {
    this.#wire.send(message);
  }

  #receive(message: FromHost): void {
    if (message.type === "credit" || message.type === "end") return;
    if (message.type === "hello") throw new ProtocolError("hello came twice");
    const open = this.#open.get(message.id);
    if (!open) throw new ProtocolError("an answer came that nobody waits for");
    const result = message.type === "result" && RESULTS[open.operation].parse(message.result);
    this.#open.delete(message.id);
    open.cancelTimer();
    this.#wire.release(message.id);
    if (message.type === "result") return open.resolve(result);
    return open.reject(new SandboxFault(message.message, { code: message.code }));
  }

  #onClosed(error: Error | undefined): void {
    const text = error ? `the sandbox broke off: ${error.message.slice(0, 2_000)}` : "the sandbox ended";
    const cause = error instanceof SandboxError ? error : new SandboxError(text, isGone(error));
    this.#error = cause;
    for (const { reject, cancelTimer } of this.#open.values()) {
      cancelTimer();
      reject(cause);
    }
    this.#open.clear();
    if (!this.#closed) this.#lost.resolve(cause);
  }
}

/** Whether the connection ended because the other process did. */
const isGone = (error: Error | undefined) =>
  !error || isSystemError(error, "ECONNRESET") || isSystemError(error, "EPIPE");

const connectOnce = (port: number): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1" });
    socket.once("error", reject);
    socket.once("connect", () => {
      socket.off("error", reject);
      resolve(socket);
    });
  });

/** Both containers start at the same time, so the host may not be listening yet. */
const connectTo = async (port: number, timeoutMs: number): Promise<Socket> => {
  const giveUpMs = performance.now() + timeoutMs;
  for (;;) {
    try {
      return await connectOnce(port);
    } catch (error) {
      if (!isSystemError(error, "ECONNREFUSED")) throw error;
      if (performance.now() > giveUpMs) throw new SandboxError("the sandbox does not listen", true);
    }
    await delay(CONNECT_PAUSE_MS);
  }
};
