/**
 * One generator's connection to `/ws/generator`, made anew whenever it breaks.
 *
 * After `open` it says `ready` and holds its messages back until the first `ack`, which tells what
 * survived. It stops for good when it is closed or when a close code says that nobody wants it.
 */
import { WebSocket, type RawData } from "ws";
import { LIMITS } from "@leo/core/limits.ts";
import { CloseCode } from "@leo/core/protocol/close-code.ts";
import { GENERATOR_PROTOCOL, ToGenerator, type FromGenerator } from "@leo/core/protocol/generator.ts";
import type { Clock } from "./clock.ts";
import type { Outbox } from "./outbox.ts";

export type Refusal = "unauthenticated" | "fenced" | "finished" | "protocol";

const REFUSALS: Record<number, Refusal> = {
  [CloseCode.unauthenticated]: "unauthenticated",
  [CloseCode.fenced]: "fenced",
  [CloseCode.finished]: "finished",
  [CloseCode.protocol]: "protocol",
  // The same, said by HTTP before the upgrade.
  401: "unauthenticated",
  403: "fenced",
  409: "finished",
};

const BACKOFF_FIRST_MS = 1_000;
const STEADY_AFTER_MS = 5_000;

export interface ConnectionOptions {
  url: string;
  token: string;
  outbox: Outbox;
  clock: Clock;
  random: () => number;
  backoffMaxMs: number;
  /** Ends everything at once. */
  signal: AbortSignal;
  sayReady: boolean;
  isStarted: () => boolean;
  /** Numbers of messages after which the connection is cut once. */
  cutsAfter: (n: number) => boolean;
  onMessage: (message: Exclude<ToGenerator, { type: "ack" }>) => void;
  onAck: () => void;
  onRefused: (refusal: Refusal) => void;
}

export class Connection {
  readonly #options: ConnectionOptions;
  #socket: WebSocket | undefined;
  #inStep = false;
  #offline = false;
  #failures = 0;
  #highestSent = 0;
  #flushing = false;
  /** How often the connection was made again. */
  reconnects = -1;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    options.signal.addEventListener("abort", () => this.#socket?.terminate());
    this.#connect();
  }

  /** Sends what waits, in one frame for all that was added in this tick. */
  flushSoon(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    setImmediate(() => {
      this.#flushing = false;
      this.#flush();
    });
  }

  /** Breaks the connection as a fallen cable would. */
  cut(): void {
    this.#socket?.terminate();
  }

  /** While offline no connection is made. */
  setOffline(offline: boolean): void {
    if (offline === this.#offline) return;
    this.#offline = offline;
    if (offline) this.cut();
    if (!offline && !this.#socket) this.#connect();
  }

  /** Neither reads nor answers from now on; the connection stays. */
  mute(): void {
    this.#socket?.pause();
  }

  close(): void {
    this.#socket?.close(1000);
  }

  #connect(): void {
    const { url, token, signal, clock, outbox } = this.#options;
    if (signal.aborted || this.#offline || this.#socket) return;
    const socket = new WebSocket(url, {
      headers: { authorization: `Bearer ${token}` },
      maxPayload: LIMITS.frameMaxBytes,
      perMessageDeflate: false,
      handshakeTimeout: 2 * LIMITS.helloTimeoutMs,
    });
    this.#socket = socket;
    this.#inStep = false;
    this.reconnects += 1;
    const openedMs = clock.nowMs();
    let seenMs = openedMs;
    const seen = () => {
      seenMs = clock.nowMs();
    };
    socket.on("ping", seen).on("pong", seen).on("message", seen);
    socket.on("open", () => {
      outbox.rewind();
      void this.#watchPeer(socket, () => clock.nowMs() - seenMs);
      if (!this.#options.sayReady) return;
      this.#post({ type: "ready", protocol: GENERATOR_PROTOCOL, started: this.#options.isStarted() });
    });
    socket.on("message", (data, isBinary) => {
      if (!isBinary) this.#receive(data);
    });
    socket.on("unexpected-response", (_request, response) => {
      response.destroy();
      this.#ended(socket, response.statusCode ?? 0, openedMs);
    });
    // `close` follows and decides what to do.
    socket.on("error", () => undefined);
    socket.on("close", (code) => this.#ended(socket, code, openedMs));
  }

  /** Pings the peer and drops the connection when nothing has come from it for too long. */
  async #watchPeer(socket: WebSocket, silentMs: () => number): Promise<void> {
    const { clock, signal } = this.#options;
    while (socket.readyState === WebSocket.OPEN) {
      socket.ping();
      // Stopping ends the wait early; the loop then finds the socket closed.
      await clock.sleep(LIMITS.pingIntervalMs, signal).catch(() => undefined);
      if (silentMs() > LIMITS.peerSilentMs || signal.aborted) socket.terminate();
    }
  }

  #receive(data: RawData): void {
    const message = ToGenerator.parse(JSON.parse((data as Buffer).toString("utf8")));
    if (message.type !== "ack") return this.#options.onMessage(message);
    this.#options.outbox.acknowledge(message.n);
    this.#inStep = true;
    this.flushSoon();
    return this.#options.onAck();
  }

  /** Sends frames; a cut goes right after its message, and only the first time it is sent. */
  #flush(): void {
    const { outbox, cutsAfter } = this.#options;
    while (this.#inStep && this.#socket?.readyState === WebSocket.OPEN) {
      const cutN = this.#nextCut(cutsAfter);
      const next = outbox.nextFrame(cutN);
      if (!next) return;
      this.#socket.send(next.frame);
      const isNew = next.lastN > this.#highestSent;
      this.#highestSent = Math.max(this.#highestSent, next.lastN);
      if (!isNew || next.lastN !== cutN) continue;
      this.#inStep = false;
      return this.cut();
    }
    return undefined;
  }

  #nextCut(cutsAfter: (n: number) => boolean): number {
    const { lastN } = this.#options.outbox;
    for (let n = this.#highestSent + 1; n <= lastN; n += 1) if (cutsAfter(n)) return n;
    return Number.POSITIVE_INFINITY;
  }

  #post(frame: FromGenerator): void {
    this.#socket?.send(JSON.stringify(frame));
  }

  #ended(socket: WebSocket, code: number, openedMs: number): void {
    if (socket !== this.#socket) return;
    this.#socket = undefined;
    this.#inStep = false;
    const { signal, clock, random, backoffMaxMs, onRefused } = this.#options;
    if (signal.aborted) return;
    const refusal = REFUSALS[code];
    if (refusal) return onRefused(refusal);
    if (clock.nowMs() - openedMs > STEADY_AFTER_MS) this.#failures = 0;
    const ceilingMs = Math.min(backoffMaxMs, BACKOFF_FIRST_MS * 2 ** Math.min(this.#failures, 10));
    this.#failures += 1;
    clock.sleep(ceilingMs * (0.5 + random() / 2), signal).then(
      () => this.#connect(),
      // Stopped while waiting: nothing is left to connect.
      () => undefined,
    );
  }
}
