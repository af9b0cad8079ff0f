import { once } from "node:events";
import type { IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { WebSocket, WebSocketServer } from "ws";
import { FromGenerator, type NumberedMessage, type ToGenerator } from "@leo/core/protocol/generator.ts";

export interface TestOrchestrator {
  url: string;
  /** Messages committed, in order; a repeat is dropped, a gap is kept out. */
  committed: NumberedMessage[];
  /** Every message number as it arrived, repeats included. */
  arrivals: number[];
  /** Each `ready` frame. */
  ready: { started: boolean }[];
  connections: () => number;
  /** Messages above this number are received and lost, as by a server that dies before its commit. */
  commitsUpTo: number;
  /** False holds acknowledgements back. */
  acknowledges: boolean;
  send: (message: ToGenerator) => void;
  /** Closes every connection with this code. */
  closeAll: (code: number) => void;
  /** Refuses the upgrade with this status while set. */
  refuseWith: number | undefined;
}

export const START: Extract<ToGenerator, { type: "start_generation" }> = {
  type: "start_generation",
  generationId: "01990000-0000-7000-8000-000000000001",
  appId: "01990000-0000-7000-8000-000000000002",
  appName: "Test",
  attempt: 1,
  prompt: "a todo list",
  mode: "autonomous",
  limits: { deadlineAt: new Date(Date.now() + 3_600_000).toISOString(), budgetUsd: 1, maxTurns: 10 },
  preview: { ownOrigin: true, secureContext: true },
  artifact: { bucket: "bucket", prefix: "apps/a/g/1/" },
};

const bearer = (request: IncomingMessage) => request.headers.authorization;

/** Runs with a server that keeps to the generator's protocol and remembers everything. */
export const withOrchestrator = async (
  use: (orchestrator: TestOrchestrator) => Promise<void>,
  start: Partial<typeof START> = {},
): Promise<void> => {
  const sockets = new Set<WebSocket>();
  const server = new WebSocketServer({
    host: "127.0.0.1",
    port: 0,
    verifyClient: (info, done) => {
      if (bearer(info.req) !== "Bearer leo_at_test") return done(false, 401);
      return done(orchestrator.refuseWith === undefined, orchestrator.refuseWith);
    },
  });
  await once(server, "listening");
  const post = (socket: WebSocket, message: ToGenerator) => socket.send(JSON.stringify(message));
  const orchestrator: TestOrchestrator = {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/ws/generator`,
    committed: [],
    arrivals: [],
    ready: [],
    connections: () => sockets.size,
    commitsUpTo: Number.POSITIVE_INFINITY,
    acknowledges: true,
    send: (message) => sockets.forEach((socket) => post(socket, message)),
    closeAll: (code) => sockets.forEach((socket) => socket.close(code)),
    refuseWith: undefined,
  };
  const commit = (messages: NumberedMessage[]) => {
    for (const message of messages) {
      orchestrator.arrivals.push(message.n);
      const isNext = message.n === orchestrator.committed.length + 1;
      if (isNext && message.n <= orchestrator.commitsUpTo) orchestrator.committed.push(message);
    }
  };
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("message", (data: Buffer) => {
      const frame = FromGenerator.parse(JSON.parse(data.toString("utf8")));
      const ack: ToGenerator = { type: "ack", n: orchestrator.committed.length };
      if (frame.type === "messages") {
        commit(frame.messages);
        if (orchestrator.acknowledges) post(socket, { type: "ack", n: orchestrator.committed.length });
        return;
      }
      orchestrator.ready.push(frame);
      post(socket, ack);
      if (!frame.started) post(socket, { ...START, ...start });
    });
  });
  try {
    await use(orchestrator);
  } finally {
    for (const socket of sockets) socket.terminate();
    server.close();
  }
};
