import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import type { Page } from "playwright-core";
import { sharedBrowser } from "@leo/local/testing/chromium.ts";

const TYPES: Record<string, string> = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css" };

/** Serves a folder on loopback and opens it in a fresh profile; fails when the page reports an error. */
export const withPage = async (
  directory: string,
  use: (page: Page) => Promise<void>,
  headers: Record<string, string> = {},
): Promise<void> => {
  const server = createServer((request, response) => {
    const path = join(directory, request.url === "/" ? "index.html" : (request.url ?? ""));
    response.setHeader("content-type", TYPES[extname(path)] ?? "text/plain");
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    readFile(path).then(
      (content) => response.end(content),
      () => response.writeHead(204).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const context = await (await sharedBrowser()).newContext();
  const errors: string[] = [];
  try {
    const page = await context.newPage();
    page.on("pageerror", (error) => errors.push(error.message));
    page.on("console", (message) => {
      if (message.type() === "error") errors.push(message.text());
    });
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    await use(page);
  } finally {
    await context.close();
    server.closeAllConnections();
    server.close();
  }
  if (errors.length > 0) throw new Error(`the page reported: ${errors.join("; ")}`);
};
