import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import { LIMITS } from "@leo/core/limits.ts";
import { CloseCode } from "@leo/core/protocol/close-code.ts";
import { type WebSocket, WebSocketServer } from "ws";

export interface SocketRoutes {
  /** A browser; `/ws/ui`. */
  ui(socket: WebSocket, address: string | undefined): void;
  /** A generator with its bearer token; `/ws/generator`. */
  generator(socket: WebSocket, token: string | undefined): void;
  /** Whether a page of this origin may open `/ws/ui`. A peer without an origin is not a browser. */
  isAllowedOrigin(origin: string): boolean;
  /** Whether the request names Leo, and not another site that leads here. */
  isKnownHost(request: IncomingMessage): boolean;
  isDraining(): boolean;
  /** Where a request comes from. */
  addressOf(request: IncomingMessage): string | undefined;
  /** @returns 0, or for how many seconds the address gets no browser's socket */
  waitSeconds(address: string | undefined): number;
}

/** Browsers and generators send a message in one frame; a few pieces are any client's right. */
const FRAGMENTS_MAX = 128;

/** A peer that keeps its side open is not waited for: nothing watches over this connection any more. */
const reject = (stream: Duplex, status: string, header = "") => {
  stream.once("finish", () => stream.destroy());
  stream.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n${header}\r\n`);
};

const bearer = (request: IncomingMessage) =>
  /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? "")?.[1];

/** Puts both sockets on an HTTP server. Returns a function that closes every socket with 1012. */
export const acceptSockets = (server: Server, routes: SocketRoutes): (() => void) => {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: LIMITS.frameMaxBytes,
    maxFragments: FRAGMENTS_MAX,
    perMessageDeflate: false,
  });
  const serve: Record<string, (socket: WebSocket, request: IncomingMessage) => void> = {
    "/ws/ui": (socket, request) => routes.ui(socket, routes.addressOf(request)),
    "/ws/generator": (socket, request) => routes.generator(socket, bearer(request)),
  };
  server.on("upgrade", (request, stream, head) => {
    // Not parsed as an address: what is none would throw here.
    const [path = ""] = (request.url ?? "").split("?");
    const handler = Object.hasOwn(serve, path) ? serve[path] : undefined;
    const origin = request.headers.origin;
    stream.on("error", () => stream.destroy());
    if (!routes.isKnownHost(request)) return reject(stream, "421 Misdirected Request");
    if (!handler) return reject(stream, "404 Not Found");
    if (routes.isDraining()) return reject(stream, "503 Service Unavailable");
    if (origin !== undefined && !routes.isAllowedOrigin(origin)) return reject(stream, "403 Forbidden");
    // Generators are Leo's own; many of them may come from one address.
    const waitSeconds = handler === serve["/ws/ui"] ? routes.waitSeconds(routes.addressOf(request)) : 0;
    if (waitSeconds > 0) return reject(stream, "429 Too Many Requests", `retry-after: ${waitSeconds}\r\n`);
    sockets.handleUpgrade(request, stream, head, (socket) => handler(socket, request));
    return undefined;
  });
  return () => {
    for (const socket of sockets.clients) socket.close(CloseCode.restart, "the server restarts, reconnect");
    sockets.close();
  };
};
