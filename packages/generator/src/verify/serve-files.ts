import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { extname, join, normalize, sep } from "node:path";
import { getMimeType } from "hono/utils/mime";
import type { PreviewConditions } from "@leo/core/preview/conditions.ts";
import { previewHeaders, withBridge } from "@leo/core/preview/serving.ts";
import { http } from "../http.ts";

const isFile = async (path: string) => {
  try {
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
};

/** A host that is this machine to the browser (`RunBrowser`), and a secure context or not, as its preview will be. */
const addressOf = ({ ownOrigin, secureContext }: PreviewConditions, port: number) => {
  const machine = secureContext ? "localhost" : "leo.test";
  return ownOrigin ? `http://app.${machine}:${port}/` : `http://${machine}:${port}/preview/app/`;
};

/** Serves a built app on loopback, as its preview will be served. @returns the address of its page, and `close` */
export const serveFiles = async (
  directory: string,
  preview: PreviewConditions,
): Promise<{ url: string; close: () => Promise<void> }> => {
  const headers = previewHeaders(preview, "'none'");
  const prefix = preview.ownOrigin ? "/" : "/preview/app/";
  const server = http.createServer((request, response) => {
    const answer = async () => {
      const { pathname } = new URL(request.url ?? "/", "http://localhost");
      // A browser asks for an icon that the app may not have; that is no error of the app.
      if (pathname === "/favicon.ico") return response.writeHead(204).end();
      const inside = pathname.startsWith(prefix)
        ? decodeURIComponent(pathname.slice(prefix.length))
        : undefined;
      const path = inside === undefined ? "" : join(directory, normalize(inside || "index.html"));
      if (!path.startsWith(directory + sep) || !(await isFile(path)))
        return response.writeHead(404, headers).end();
      const isPage = /^\.html?$/i.test(extname(path));
      const type = isPage ? "text/html; charset=utf-8" : (getMimeType(path) ?? "application/octet-stream");
      response.writeHead(200, { ...headers, "content-type": type });
      return isPage
        ? response.end(withBridge(await readFile(path, "utf8")))
        : createReadStream(path).pipe(response);
    };
    answer().catch(() => response.writeHead(400).end());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: addressOf(preview, (server.address() as AddressInfo).port),
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
};
