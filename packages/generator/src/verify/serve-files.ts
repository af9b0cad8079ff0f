import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { extname, join, normalize, sep } from "node:path";
import { http } from "../http.ts";

const TYPES: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".mjs": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".jpg": "image/jpeg",
  ".webp": "image/webp",
  ".ico": "image/x-icon",
  ".woff2": "font/woff2",
  ".wasm": "application/wasm",
};

/** Where the app is served: under a path, as a preview may be. */
const PREFIX = "/preview/app/";

const isFile = async (path: string) => {
  try {
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
};

/** Serves a built app on loopback. @returns the address of its page, and `close` */
export const serveFiles = async (directory: string): Promise<{ url: string; close: () => Promise<void> }> => {
  const server = http.createServer((request, response) => {
    const answer = async () => {
      const { pathname } = new URL(request.url ?? "/", "http://localhost");
      // A browser asks for an icon that the app may not have; that is no error of the app.
      if (pathname === "/favicon.ico") return response.writeHead(204).end();
      const inside = pathname.startsWith(PREFIX)
        ? decodeURIComponent(pathname.slice(PREFIX.length))
        : undefined;
      const path = inside === undefined ? "" : join(directory, normalize(inside || "index.html"));
      if (!path.startsWith(directory + sep) || !(await isFile(path))) return response.writeHead(404).end();
      response.writeHead(200, { "content-type": TYPES[extname(path)] ?? "application/octet-stream" });
      return createReadStream(path).pipe(response);
    };
    answer().catch(() => response.writeHead(400).end());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${PREFIX}`,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
};
