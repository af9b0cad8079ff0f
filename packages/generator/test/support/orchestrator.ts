import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { expect } from "vitest";
import { WebSocketServer, type WebSocket } from "ws";
import {
  FromGenerator,
  type NumberedMessage,
  type StartGeneration,
  type ToGenerator,
} from "@leo/core/protocol/generator.ts";

export interface TestOrchestrator {
  url: string;
  /** Every fact once, in the order of its number. */
  facts: NumberedMessage[];
  /** The `started` of every `ready`, one a connection. */
  readies: boolean[];
  /** Frames as they came, repeats included. */
  frames: string[];
  /** `Authorization` of every connection. */
  authorizations: (string | undefined)[];
  /** When the first `ready` came, `performance.now()`. */
  firstReadyMs: () => number;
  send: (message: ToGenerator) => void;
  /** Ends all connections, with a close code or, without one, as a broken wire does. */
  disconnect: (code?: number) => void;
  /** While false, nothing is acknowledged. */
  acknowledge: (on: boolean) => void;
  /** From now on the frame with the last word is not acknowledged. */
  holdLast: () => void;
  /** Resolves with the first fact, old or new, that fits. */
  fact: <T extends NumberedMessage["type"]>(
    type: T,
    fits?: (fact: Extract<NumberedMessage, { type: T }>) => boolean,
  ) => Promise<Extract<NumberedMessage, { type: T }>>;
  /** Stops listening and ends all connections. */
  close: () => Promise<void>;
}

/** Speaks the orchestrator's end of `/ws/generator` and holds the generator to the protocol. */
export const startOrchestrator = async (
  start?: StartGeneration,
  options: { port?: number; lastNumber?: number } = {},
): Promise<TestOrchestrator> => {
  const server = new WebSocketServer({ host: "127.0.0.1", port: options.port ?? 0, path: "/ws/generator" });
  await once(server, "listening");
  const facts: NumberedMessage[] = [];
  const readies: boolean[] = [];
  const frames: string[] = [];
  const authorizations: (string | undefined)[] = [];
  const listeners = new Set<() => void>();
  let acknowledges = true;
  let holdsLast = false;
  let firstReadyMs = 0;
  let last = options.lastNumber ?? 0;
  let current: WebSocket | undefined;

  const post = (socket: WebSocket | undefined, message: ToGenerator) => socket?.send(JSON.stringify(message));

  server.on("connection", (socket, request) => {
    current = socket;
    authorizations.push(request.headers.authorization);
    let isReady = false;
    socket.on("message", (data: Buffer) => {
      frames.push(data.toString("utf8"));
      expect(data.length).toBeLessThanOrEqual(1024 * 1024);
      const frame = FromGenerator.parse(JSON.parse(data.toString("utf8")));
      if (frame.type === "ready") {
        expect(isReady).toBe(false);
        isReady = true;
        if (readies.length === 0) firstReadyMs = performance.now();
        readies.push(frame.started);
        post(socket, { type: "ack", n: last });
        if (!frame.started && start) post(socket, start);
        return;
      }
      expect(isReady).toBe(true);
      for (const message of frame.messages) {
        if (message.n <= last) continue;
        expect(message.n).toBe(last + 1);
        last = message.n;
        facts.push(message);
      }
      const isHeld = holdsLast && frame.messages.some(({ type }) => type === "all_work_complete");
      if (acknowledges && !isHeld) post(socket, { type: "ack", n: last });
      for (const listener of listeners) listener();
    });
  });

  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/ws/generator`,
    facts,
    readies,
    frames,
    authorizations,
    firstReadyMs: () => firstReadyMs,
    send: (message) => post(current, message),
    acknowledge: (on) => {
      acknowledges = on;
    },
    holdLast: () => {
      holdsLast = true;
    },
    disconnect: (code) => {
      for (const socket of server.clients) {
        if (code === undefined) socket.terminate();
        else socket.close(code);
      }
    },
    fact: (type, fits = () => true) =>
      new Promise((resolve) => {
        const look = () => {
          const found = facts.find((fact) => fact.type === type && fits(fact as never));
          if (!found) return;
          listeners.delete(look);
          resolve(found as never);
        };
        listeners.add(look);
        look();
      }),
    close: async () => {
      for (const socket of server.clients) socket.terminate();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
};
