import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import { LIMITS } from "@leo/core/limits.ts";
import { CloseCode } from "@leo/core/protocol/close-code.ts";
import { type WebSocket, WebSocketServer } from "ws";
import type { OpenSocket } from "./open-socket.ts";

/** The one path on which a server accepts sockets. */
export interface SocketRoute {
  path: string;
  serve(socket: WebSocket, request: IncomingMessage): OpenSocket;
  /** Whether a page of this origin may open one. A peer without an origin is not a browser. */
  isAllowedOrigin(origin: string): boolean;
  /** Whether the request names Leo, and not another site that points here. */
  isKnownHost(request: IncomingMessage): boolean;
  isDraining(): boolean;
  /** @returns 0, or how many seconds the caller has to wait for a socket */
  waitSeconds(request: IncomingMessage): number;
}

/** Browsers and generators send a message in one frame, but any client may split it into a few. */
const FRAGMENTS_MAX = 128;

/** A peer that keeps its side open isn't waited for, since nothing times this connection out any more. */
const reject = (stream: Duplex, status: string, header = "") => {
  stream.once("finish", () => stream.destroy());
  stream.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n${header}\r\n`);
};

export const bearerToken = ({ headers }: IncomingMessage): string | undefined =>
  /^Bearer +(\S+)$/i.exec(headers.authorization ?? "")?.[1];

/** Takes sockets on an HTTP server. Returns a function that closes every one of them with 1012. */
export const acceptSockets = (server: Server, route: SocketRoute): (() => void) => {
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: LIMITS.frameMaxBytes,
    maxFragments: FRAGMENTS_MAX,
    perMessageDeflate: false,
    clientTracking: false,
  });
  const open = new Set<OpenSocket>();
  server.on("upgrade", (request, stream, head) => {
    // Not parsed as a URL: a malformed one would throw here.
    const [path = ""] = (request.url ?? "").split("?");
    const origin = request.headers.origin;
    stream.on("error", () => stream.destroy());
    if (!route.isKnownHost(request)) return reject(stream, "421 Misdirected Request");
    if (path !== route.path) return reject(stream, "404 Not Found");
    if (route.isDraining()) return reject(stream, "503 Service Unavailable");
    if (origin !== undefined && !route.isAllowedOrigin(origin)) return reject(stream, "403 Forbidden");
    const waitSeconds = route.waitSeconds(request);
    if (waitSeconds > 0) return reject(stream, "429 Too Many Requests", `retry-after: ${waitSeconds}\r\n`);
    sockets.handleUpgrade(request, stream, head, (socket) => {
      const served = route.serve(socket, request);
      open.add(served);
      served.onClosed(() => open.delete(served));
    });
    return undefined;
  });
  return () => {
    for (const socket of open) socket.close(CloseCode.restart, "the server restarts, reconnect");
    sockets.close();
  };
};
