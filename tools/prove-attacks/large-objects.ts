/**
 * Stands before the local bucket and makes room for objects that no machine holds: a body larger than a piece is
 * taken to its end and thrown away, listed with its size, and read back as that many bytes.
 */
import { once } from "node:events";
import { createServer, request as send, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";

const PIECE = Buffer.alloc(1024 * 1024, "a");

/** So many bytes, made as they are read. */
export const generated = (sizeBytes: number): Readable =>
  Readable.from(
    (function* () {
      for (let left = sizeBytes; left > 0; left -= PIECE.length)
        yield PIECE.subarray(0, Math.min(left, PIECE.length));
    })(),
  );

export interface LargeObjects {
  url: string;
  /** Bytes of large objects that the orchestrator has read. */
  readBytes: () => number;
  close: () => Promise<void>;
}

const keyOf = (url: string | undefined) => decodeURIComponent(new URL(url ?? "/", "http://s3").pathname);

/** @param target the bucket's own endpoint */
export const startLargeObjects = async (target: string): Promise<LargeObjects> => {
  const sizes = new Map<string, number>();
  let readBytes = 0;

  const forward = (request: IncomingMessage, response: ServerResponse, body: Readable) =>
    new Promise<void>((resolve, reject) => {
      const { hostname, port } = new URL(target);
      const headers = { ...request.headers, host: `${hostname}:${port}` };
      const sent = send({ hostname, port, path: request.url, method: request.method, headers }, (answer) => {
        let listing = "";
        const isListing = request.url?.includes("list-type=2") ?? false;
        if (!isListing) {
          response.writeHead(answer.statusCode ?? 502, answer.headers);
          pipeline(answer, response).then(resolve, reject);
          return;
        }
        answer.setEncoding("utf8").on("data", (part: string) => (listing += part));
        answer.on("end", () => {
          const text = listing.replaceAll(/<Contents>.*?<\/Contents>/gs, (entry) => {
            const bucket = keyOf(request.url).split("/")[1];
            const size = sizes.get(`/${bucket}/${/<Key>(.*?)<\/Key>/.exec(entry)?.[1] ?? ""}`);
            return size === undefined ? entry : entry.replace(/<Size>\d+/, `<Size>${size}`);
          });
          response.writeHead(answer.statusCode ?? 502, { "content-type": "application/xml" }).end(text);
          resolve();
        });
      });
      sent.on("error", reject);
      pipeline(body, sent).catch(reject);
    });

  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const key = keyOf(request.url);
    const sizeBytes = Number(request.headers["content-length"] ?? 0);
    if (request.method === "PUT" && sizeBytes > PIECE.length) {
      request.resume();
      await once(request, "end");
      sizes.set(key, sizeBytes);
      request.headers["content-length"] = "1";
      return forward(request, response, generated(1));
    }
    const size = sizes.get(key);
    if (request.method !== "GET" || size === undefined) return forward(request, response, request);
    response.writeHead(200, { "content-length": size, etag: '"large"' });
    const body = generated(size).on("data", (part: Buffer) => (readBytes += part.length));
    return pipeline(body, response);
  };

  const server = createServer((request, response) => {
    // Whoever hangs up in the middle of a large object has had enough of it.
    answer(request, response).catch(() => response.destroy());
  });
  server.requestTimeout = 0;
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    readBytes: () => readBytes,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
};
