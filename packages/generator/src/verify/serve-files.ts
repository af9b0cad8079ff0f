import { createReadStream, statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, sep } from "node:path";
import { getMimeType } from "hono/utils/mime";
import { serve, type Served } from "@leo/core/preview/address.ts";
import type { PreviewConditions } from "@leo/core/preview/conditions.ts";
import { FRAME_ALLOW, FRAME_SANDBOX } from "@leo/core/preview/frame.ts";
import { previewHeaders, withBridge } from "@leo/core/preview/serving.ts";
import { readClientRoutes } from "./client-routes.ts";

/** The page around the app, like Leo's. White, because it shows through an app that has no background. */
const framePage = (address: string) =>
  `<!doctype html><meta charset="utf-8"><title>Leo</title>
<style>html,body{margin:0;height:100%;overflow:hidden;background:#fff}iframe{display:block;border:0;width:100vw;height:100vh}</style>
<iframe title="Preview" sandbox="${FRAME_SANDBOX}" allow="${FRAME_ALLOW}" src="${address.replaceAll("&", "&amp;").replaceAll('"', "&quot;")}"></iframe>`;

export interface ServedApp {
  /** Origin of the app's pages. */
  origin: string;
  /** The page that shows an address of the app in a frame. @param path within the app, with a leading slash */
  frameUrl: (path: string) => string;
  /**
   * The path of an address within the app, with a leading slash; undefined if the address isn't the app's. An app
   * under a path shares its origin, so an address with a leading slash leads out of the app.
   */
  pathOf: (url: string) => string | undefined;
  /** What a navigation to a path leads to. */
  find: (path: string) => Served;
  close: () => Promise<void>;
}

const decode = (path: string): string | undefined => {
  try {
    return decodeURIComponent(path);
  } catch {
    // The path isn't validly encoded, so nothing is there.
    return undefined;
  }
};

/**
 * Serves a built app on loopback the way its preview will be: in a frame of another page, with the same sandbox,
 * headers and addresses, on its own origin or an opaque one, in a secure context or not.
 */
export const serveFiles = async (directory: string, preview: PreviewConditions): Promise<ServedApp> => {
  const hasClientRoutes = await readClientRoutes(directory);
  const has = (path: string) => {
    const file = join(directory, path);
    return file.startsWith(directory + sep) && statSync(file, { throwIfNoEntry: false })?.isFile() === true;
  };
  const find = (path: string, isNavigation: boolean): Served => {
    const decoded = decode(path.slice(1));
    if (decoded === undefined || /[\0\\]/.test(decoded)) return { kind: "nothing" };
    return serve(decoded, { isNavigation, hasClientRoutes, has });
  };

  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", `http://${request.headers.host ?? "localhost"}`);
    const answer = async () => {
      const path = pathOf(url.href);
      const shown = url.searchParams.get("shown");
      if (path === undefined) {
        if (shown === null) return response.writeHead(404).end();
        return response
          .writeHead(200, { "content-type": "text/html" })
          .end(framePage(origin + prefix + shown.slice(1)));
      }
      // Browsers request an icon that the app may not have, which isn't the app's error.
      if (path === "/favicon.ico" && !has("favicon.ico")) return response.writeHead(204).end();
      const served = find(path, request.headers["sec-fetch-dest"] === "iframe");
      if (served.kind === "nothing") return response.writeHead(404, headers).end();
      if (served.kind === "folder")
        return response.writeHead(307, { ...headers, location: `${url.pathname}/${url.search}` }).end();
      return send(response, served);
    };
    answer().catch(() => response.writeHead(400).end());
  });
  const send = async (response: ServerResponse, { path, status }: Extract<Served, { kind: "file" }>) => {
    const file = join(directory, path);
    const isPage = /^\.html?$/i.test(extname(path));
    const type = isPage ? "text/html; charset=utf-8" : (getMimeType(path) ?? "application/octet-stream");
    response.writeHead(status, { ...headers, "content-type": type });
    if (isPage) return response.end(withBridge(await readFile(file, "utf8")));
    return createReadStream(file).pipe(response);
  };

  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  // The run's browser maps both hosts to this machine (`RunBrowser`); only one is a secure context.
  const around = `http://${preview.secureContext ? "localhost" : "leo.test"}:${port}`;
  const origin = preview.ownOrigin ? around.replace("//", "//app.") : around;
  const prefix = preview.ownOrigin ? "/" : "/preview/app/";
  const headers = previewHeaders(preview, around);
  const pathOf = (address: string) => {
    const { origin: asked, pathname } = new URL(address);
    return asked === origin && pathname.startsWith(prefix) ? pathname.slice(prefix.length - 1) : undefined;
  };
  return {
    origin,
    frameUrl: (path) => `${around}/?shown=${encodeURIComponent(path)}`,
    pathOf,
    find: (path) => find(path, true),
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
};
