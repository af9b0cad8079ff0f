import { once } from "node:events";
import { request } from "node:http";
import { connect, type Socket } from "node:net";
import type { IncomingHttpHeaders } from "node:http";

export interface RawAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/** A request whose path and Host header go out exactly as given, which `fetch` would tidy up. */
export const raw = (
  baseUrl: string,
  path: string,
  options: { method?: string; headers?: Record<string, string> } = {},
): Promise<RawAnswer> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(baseUrl);
    const sent = request({ hostname, port, path, agent: false, ...options });
    sent.on("error", reject);
    sent.on("response", (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("error", reject);
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(parts) }),
      );
    });
    sent.end();
  });

export interface RawConnection {
  socket: Socket;
  /** Everything received so far. */
  received: () => string;
  /** Resolves with everything received once the server has closed or cut the connection. */
  ended: Promise<string>;
}

/** A TCP connection to a server, for what no HTTP client would send. It reads unless the test pauses it. */
export const connectRaw = async (baseUrl: string, text: string | Buffer = ""): Promise<RawConnection> => {
  const { hostname, port } = new URL(baseUrl);
  const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
  const parts: Buffer[] = [];
  const received = () => Buffer.concat(parts).toString("latin1");
  socket.on("data", (part) => parts.push(part));
  const ended = new Promise<string>((resolve) => {
    const end = () => resolve(received());
    socket.on("end", end);
    socket.on("error", end);
    socket.on("close", end);
  });
  await once(socket, "connect");
  socket.write(text);
  return { socket, received, ended };
};
