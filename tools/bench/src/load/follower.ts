import { setTimeout as delay } from "node:timers/promises";
import { PROTOCOL } from "@leo/core/protocol/close-code.ts";
import type { ToBrowser } from "@leo/core/protocol/ui.ts";
import { WebSocket } from "ws";
import { nowMs } from "../harness/clock.ts";

export interface Followed {
  generationId: string;
  accessToken: string;
}

const RECONNECT_MS = 100;

/** A page that follows one generation from its first event and reconnects with its last `seq`. */
export class Follower {
  readonly #url: string;
  readonly #followed: Followed;
  #socket: WebSocket | undefined;
  #isClosed = false;
  lastSeq = 0;
  /** When its newest event arrived. */
  lastAt = 0;
  /** When the first event of each type arrived. */
  readonly firstAt = new Map<string, number>();
  /** The first event that was lost, doubled or out of order. */
  fault: string | undefined;

  constructor(url: string, followed: Followed) {
    this.#url = url;
    this.#followed = followed;
    this.#connect();
  }

  close(): void {
    this.#isClosed = true;
    this.#socket?.terminate();
  }

  #connect(): void {
    const { accessToken, generationId } = this.#followed;
    const socket = new WebSocket(this.#url, { perMessageDeflate: false });
    this.#socket = socket;
    const send = (message: unknown) => socket.send(JSON.stringify(message));
    socket.on("open", () => send({ type: "hello", protocol: PROTOCOL, accessToken }));
    socket.on("message", (data) => {
      const message = JSON.parse((data as Buffer).toString()) as ToBrowser;
      if (message.type === "welcome") send({ type: "subscribe", generationId, since: this.lastSeq });
      if (message.type === "events") this.#take(message.events);
    });
    // A refused connection closes as well, and that is where it is made again.
    socket.on("error", () => socket.terminate());
    socket.on("close", () => void this.#again());
  }

  async #again(): Promise<void> {
    await delay(RECONNECT_MS);
    if (!this.#isClosed) this.#connect();
  }

  #take(events: { seq: number; type: string }[]): void {
    this.lastAt = nowMs();
    for (const { seq, type } of events) {
      if (seq !== this.lastSeq + 1) this.fault ??= `event ${seq} came after ${this.lastSeq}`;
      this.lastSeq = seq;
      if (!this.firstAt.has(type)) this.firstAt.set(type, this.lastAt);
    }
  }
}
