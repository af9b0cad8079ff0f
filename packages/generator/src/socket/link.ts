/**
 * The generator's end of `/ws/generator`.
 *
 * A link connects, says `ready`, and waits for the orchestrator's `ack`, which says what has been committed, before it
 * sends anything. It reconnects with backoff until it is closed or a close code tells it to stop, so orchestrators may
 * come and go.
 */
import type { Logger } from "pino";
import { WebSocket, type ClientOptions } from "ws";
import type { GeneratorFact } from "@leo/core/event.ts";
import { LIMITS } from "@leo/core/limits.ts";
import { parseJson } from "@leo/core/parse-json.ts";
import { CloseCode } from "@leo/core/protocol/close-code.ts";
import type { FromGenerator } from "@leo/core/protocol/generator.ts";
import { GENERATOR_PROTOCOL, ToGenerator } from "@leo/core/protocol/to-generator.ts";
import { inAnyOrder } from "./any-order.ts";
import { backoffMs, STEADY_AFTER_MS } from "./backoff.ts";
import { systemClock, type Clock } from "./clock.ts";
import { Outbox } from "./outbox.ts";

/** What a connection is opened with. */
export type SocketOptions = ClientOptions & { lookup?: ReturnType<typeof inAnyOrder> };

/** Why the orchestrator wants nothing more from this generator. */
export type Rejection = "unauthenticated" | "fenced" | "finished" | "protocol";

const REJECTIONS: Record<number, Rejection> = {
  [CloseCode.unauthenticated]: "unauthenticated",
  [CloseCode.fenced]: "fenced",
  [CloseCode.finished]: "finished",
  [CloseCode.protocol]: "protocol",
  // The same as HTTP statuses, before the connection is upgraded.
  401: "unauthenticated",
  403: "fenced",
  409: "finished",
};

export interface LinkOptions {
  /** `ws://…/ws/generator` */
  url: string;
  token: string;
  logger: Pick<Logger, "debug" | "info" | "warn">;
  onMessage: (message: Exclude<ToGenerator, { type: "ack" }>) => void;
  /** Called once, after the link has closed. */
  onRejected: (rejection: Rejection) => void;
  /** True once `start_generation` has arrived. Called for each connection. */
  isStarted: () => boolean;
  clock?: Clock;
  outbox?: Outbox;
  /** Replaces the system's DNS in random order. */
  lookup?: ReturnType<typeof inAnyOrder>;
  /** Replaces a plain WebSocket, to test bad connections. */
  openSocket?: (url: string, options: SocketOptions) => WebSocket;
  /** The longest wait between two connections, in milliseconds. */
  backoffMaxMs?: number;
}

const openWebSocket = (url: string, options: SocketOptions) => new WebSocket(url, options);

export class OrchestratorLink {
  readonly #options: LinkOptions;
  readonly #clock: Clock;
  readonly #outbox: Outbox;
  #socket: WebSocket | undefined;
  /** False until the orchestrator's first `ack` on this connection. */
  #inStep = false;
  #closed = false;
  #failures = 0;
  #flushScheduled = false;
  #cancelTimers: (() => void)[] = [];
  #whenEmpty: (() => void)[] = [];

  constructor(options: LinkOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#outbox = options.outbox ?? new Outbox();
    this.#connect();
  }

  /** Queues a fact. Facts of the same tick share a frame. */
  send(fact: GeneratorFact): void {
    this.#outbox.add(fact);
    if (this.#flushScheduled) return;
    this.#flushScheduled = true;
    setImmediate(() => {
      this.#flushScheduled = false;
      this.#flush();
    });
  }

  /** Resolves once nothing is left unacknowledged. */
  delivered(): Promise<void> {
    if (this.#outbox.isEmpty) return Promise.resolve();
    return new Promise((resolve) => this.#whenEmpty.push(resolve));
  }

  /** Closes the connection for good. Undelivered facts are lost. */
  close(): void {
    this.#closed = true;
    this.#cancelAll();
    this.#socket?.close(1000);
    this.#socket?.terminate();
  }

  #connect(): void {
    const { url, token, logger, openSocket = openWebSocket } = this.#options;
    const { lookup = inAnyOrder(this.#clock.random) } = this.#options;
    const socket = openSocket(url, {
      lookup,
      headers: { authorization: `Bearer ${token}` },
      maxPayload: LIMITS.frameMaxBytes,
      perMessageDeflate: false,
      handshakeTimeout: LIMITS.helloTimeoutMs * 2,
    });
    this.#socket = socket;
    this.#inStep = false;
    let lastSeenMs = this.#clock.nowMs();
    const seen = () => {
      lastSeenMs = this.#clock.nowMs();
    };

    const ping = () => {
      if (this.#clock.nowMs() - lastSeenMs > LIMITS.peerSilentMs) return socket.terminate();
      socket.ping();
      return this.#later(LIMITS.pingIntervalMs, ping);
    };

    socket.on("open", () => {
      seen();
      const started = this.#options.isStarted();
      const ready: FromGenerator = { type: "ready", protocol: GENERATOR_PROTOCOL, started };
      socket.send(JSON.stringify(ready));
      this.#later(LIMITS.pingIntervalMs, ping);
      this.#later(STEADY_AFTER_MS, () => {
        this.#failures = 0;
      });
    });
    socket.on("ping", seen);
    socket.on("pong", seen);
    // With the default binaryType, every message is one Buffer.
    socket.on("message", (data: Buffer, isBinary) => {
      seen();
      if (!isBinary) this.#receive(data.toString("utf8"));
    });
    socket.on("unexpected-response", (_request, response) => {
      logger.warn(
        { event: "connection_rejected", status: response.statusCode },
        "the orchestrator rejected the connection",
      );
      response.destroy();
      this.#ended(response.statusCode ?? 0);
    });
    socket.on("error", (error) => logger.debug({ event: "socket_error", err: error }, "socket error"));
    socket.on("close", (code) => this.#ended(code, socket));
  }

  #receive(text: string): void {
    const parsed = ToGenerator.safeParse(parseJson(text));
    if (!parsed.success) {
      this.#options.logger.warn(
        { event: "frame_not_understood", issues: parsed.error.issues.slice(0, 3) },
        "a frame was not understood",
      );
      return;
    }
    if (parsed.data.type !== "ack") return this.#options.onMessage(parsed.data);
    this.#outbox.acknowledge(parsed.data.n);
    if (!this.#inStep) {
      this.#inStep = true;
      for (const frame of this.#outbox.unacknowledged()) this.#socket?.send(frame);
    }
    this.#flush();
    if (!this.#outbox.isEmpty) return;
    for (const resolve of this.#whenEmpty.splice(0)) resolve();
  }

  #flush(): void {
    if (!this.#inStep || this.#socket?.readyState !== WebSocket.OPEN) return;
    for (const frame of this.#outbox.take()) this.#socket.send(frame);
  }

  /** The connection has ended or was never made. `socket` makes sure that only the first notice counts. */
  #ended(code: number, socket = this.#socket): void {
    if (this.#closed || socket === undefined || socket !== this.#socket) return;
    this.#socket = undefined;
    this.#inStep = false;
    this.#cancelAll();
    const rejection = REJECTIONS[code];
    if (rejection) {
      this.#closed = true;
      this.#options.onRejected(rejection);
      return;
    }
    const waitMs = backoffMs(this.#failures, this.#clock.random(), this.#options.backoffMaxMs);
    this.#failures += 1;
    this.#options.logger.info(
      { event: "connection_lost", code, waitMs: Math.round(waitMs) },
      "connection lost, will try again",
    );
    this.#later(waitMs, () => this.#connect());
  }

  #later(delayMs: number, act: () => void): void {
    this.#cancelTimers.push(this.#clock.after(delayMs, act));
  }

  #cancelAll(): void {
    for (const cancel of this.#cancelTimers.splice(0)) cancel();
  }
}
