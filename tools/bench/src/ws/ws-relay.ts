/**
 * The smallest relay there can be: it stores nothing, checks nothing, and passes each frame of a
 * generator on to that generator's browsers as it is.
 */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { WebSocketServer, type WebSocket } from "ws";
import { serveCommands } from "../harness/child.ts";

const browsers = new Map<string, Set<WebSocket>>();
const readersOf = (id: string) => {
  const found = browsers.get(id) ?? new Set();
  browsers.set(id, found);
  return found;
};

const accept: Record<string, (socket: WebSocket, id: string) => void> = {
  generator: (socket, id) => {
    const readers = readersOf(id);
    socket.on("message", (data) => {
      for (const reader of readers) reader.send(data, { binary: false });
    });
  },
  browser: (socket, id) => {
    readersOf(id).add(socket);
    socket.on("close", () => readersOf(id).delete(socket));
    socket.send('{"type":"welcome"}');
  },
};

const commands = {
  start: async () => {
    const server = new WebSocketServer({ port: 0, host: "127.0.0.1", perMessageDeflate: false });
    server.on("connection", (socket, { url = "" }) => {
      const [, role = "", id = ""] = url.split("/");
      accept[role]?.(socket, id);
    });
    await once(server, "listening");
    return { url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}` };
  },
};
export type WsRelay = typeof commands;

serveCommands(commands);
