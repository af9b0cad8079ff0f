/**
 * A bad connection, as a script asks for it: cut after a message, gone for a while, mute. The link above it is the
 * generator's own and knows nothing of this.
 */
import { Socket } from "node:net";
import { WebSocket } from "ws";
import type { FromGenerator } from "@leo/core/protocol/generator.ts";
import type { SocketOptions } from "@leo/generator/socket/link.ts";
import type { GeneratorScript } from "./script.ts";

const noConnection = () => new Socket().destroy(new Error("offline"));

export class ConnectionFaults {
  readonly #script: () => GeneratorScript;
  #socket: WebSocket | undefined;
  #isOffline = false;
  #highestSent = 0;
  /** How often a connection was tried while the network was there. */
  connections = 0;

  /** @param script asked each time: a prompt may replace it */
  constructor(script: () => GeneratorScript) {
    this.#script = script;
  }

  open = (url: string, options: SocketOptions): WebSocket => {
    if (this.#isOffline) return new WebSocket(url, { ...options, createConnection: noConnection });
    this.connections += 1;
    const socket = new WebSocket(url, options);
    const send = socket.send.bind(socket);
    socket.send = (frame: unknown) => this.#send(socket, send, String(frame));
    this.#socket = socket;
    return socket;
  };

  /** Breaks the connection as a pulled cable would. */
  cut(): void {
    this.#socket?.terminate();
  }

  /** While offline, no connection can be made. */
  setOffline(isOffline: boolean): void {
    this.#isOffline = isOffline;
    if (isOffline) this.cut();
  }

  /** From now on neither reads nor answers; the connection stays. */
  mute(): void {
    this.#socket?.pause();
  }

  /** Sends a frame. A cut comes right after its message, and only the first time that message is sent. */
  #send(socket: WebSocket, send: (frame: string) => void, text: string): void {
    const { ready, cutAt, cutEvery } = this.#script();
    if (socket.readyState !== WebSocket.OPEN) return;
    if (ready && cutAt.length === 0 && !cutEvery) return send(text);
    const frame = JSON.parse(text) as FromGenerator;
    if (frame.type !== "messages") return ready ? send(text) : undefined;
    const isCut = (n: number) => cutAt.includes(n) || (cutEvery !== undefined && n % cutEvery === 0);
    const cut = frame.messages.findIndex(({ n }) => n > this.#highestSent && isCut(n));
    const messages = cut === -1 ? frame.messages : frame.messages.slice(0, cut + 1);
    this.#highestSent = Math.max(this.#highestSent, messages.at(-1)?.n ?? 0);
    send(JSON.stringify({ ...frame, messages }));
    if (cut !== -1) socket.terminate();
  }
}
