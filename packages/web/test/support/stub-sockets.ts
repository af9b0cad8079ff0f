/** The browsers' sockets as the stub has them: what is subscribed to, and how a server fails its readers. */
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer, type WebSocket } from "ws";
import type { Event } from "@leo/core/event.ts";
import type { FromBrowser, ToBrowser } from "@leo/core/protocol/ui.ts";
import { USER } from "./stub-auth.ts";

const RESTART = 1012;

const send = (socket: WebSocket, message: ToBrowser) => socket.send(JSON.stringify(message));

export class StubSockets {
  /** Tokens that browsers have sent on a socket that stayed open. */
  readonly renewals: string[] = [];
  /** Gives browsers no socket while it is set: with this code. */
  refuse: number | undefined;
  readonly #server = new WebSocketServer({ noServer: true });
  readonly #subscribers = new Map<string, Set<WebSocket>>();
  readonly #followers = new Set<WebSocket>();
  readonly #stored: ReadonlyMap<string, readonly Event[]>;

  /** @param stored all events of each generation, by its id */
  constructor(stored: ReadonlyMap<string, readonly Event[]>) {
    this.#stored = stored;
  }

  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#server.handleUpgrade(request, socket, head, (opened) => this.#serve(opened));
  }

  /** Sends events to all who follow their generation, in one frame. */
  publish(generationId: string, events: Event[]): void {
    for (const socket of this.#subscribers.get(generationId) ?? []) {
      send(socket, { type: "events", generationId, events });
    }
  }

  /** Notifies every page that an app changed. */
  appChanged(appId: string): void {
    for (const socket of this.#followers) send(socket, { type: "apps_changed", appIds: [appId] });
  }

  /** Tells browsers that their tokens run out. */
  announceExpiry(): void {
    const expiresAt = new Date(Date.now() + 60_000).toISOString();
    for (const socket of this.#server.clients) send(socket, { type: "token_expiring", expiresAt });
  }

  /** Cuts every browser's socket, as a restarting server does. */
  drop(): void {
    for (const socket of this.#server.clients) socket.close(this.refuse ?? RESTART, "restart");
  }

  #serve(socket: WebSocket): void {
    socket.on("message", (data) => {
      const message = JSON.parse((data as Buffer).toString()) as FromBrowser;
      if (this.refuse !== undefined) return socket.close(this.refuse, "refused");
      if (message.type === "hello") send(socket, { type: "welcome", protocol: 1, userId: USER.id });
      if (message.type === "ping") send(socket, { type: "pong" });
      if (message.type === "follow_apps") {
        this.#followers.add(socket);
        send(socket, { type: "apps_followed" });
      }
      if (message.type === "renew") this.renewals.push(message.accessToken);
      if (message.type === "unsubscribe") this.#subscribers.get(message.generationId)?.delete(socket);
      if (message.type === "subscribe") this.#subscribe(socket, message.generationId, message.since);
    });
    socket.on("close", () => {
      this.#followers.delete(socket);
      for (const subscribers of this.#subscribers.values()) subscribers.delete(socket);
    });
  }

  #subscribe(socket: WebSocket, generationId: string, since: number): void {
    const stored = this.#stored.get(generationId);
    if (!stored) return send(socket, { type: "error", code: "not_found", message: "Unknown.", generationId });
    const subscribers = this.#subscribers.get(generationId) ?? new Set();
    this.#subscribers.set(generationId, subscribers.add(socket));
    send(socket, { type: "subscribed", generationId, lastSeq: stored.length });
    const events = stored.slice(since);
    if (events.length > 0) send(socket, { type: "events", generationId, events });
  }
}
