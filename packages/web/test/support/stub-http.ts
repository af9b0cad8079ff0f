/** The stub's HTTP: the built pages under the real policy, an app in its preview, and answers of the API. */
import { readFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import { extname, join } from "node:path";
import type { Answer, Call } from "./stub-answer.ts";

const DIST = join(import.meta.dirname, "../../dist");
const TYPES: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
};

const PREVIEW_PAGE = `<!doctype html><html lang="en"><title>App</title><meta name="viewport" content="width=device-width">
<body style="font:16px/1.5 system-ui;max-width:34rem;margin:3rem auto;padding:0 1rem;color-scheme:light dark">
<h1>Todo list</h1><form onsubmit="event.preventDefault();const li=document.createElement('li');li.textContent=t.value;l.append(li);t.value=''">
<input id="t" aria-label="New todo" placeholder="What needs doing?"> <button>Add</button></form><ul id="l"></ul><script>t.focus()</script></body></html>`;

const policy = (port: string) =>
  `default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; connect-src 'self' ws://localhost:${port}; frame-src http://*.localhost:${port}; frame-ancestors 'none'; base-uri 'none'; object-src 'none'; form-action 'self'`;

const sendFile = async (url: URL, accepted: string, response: ServerResponse): Promise<void> => {
  const isPage = extname(url.pathname) === "";
  const path = isPage ? "index.html" : url.pathname.slice(1);
  const file = join(DIST, path);
  const isBrotli = accepted.includes("br") && existsSync(`${file}.br`);
  if (isBrotli) response.setHeader("content-encoding", "br");
  response.setHeader("content-type", TYPES[extname(path)] ?? "application/octet-stream");
  response.setHeader("content-security-policy", policy(url.port));
  response.end(await readFile(isBrotli ? `${file}.br` : file));
};

const readBody = async (request: IncomingMessage): Promise<Call["body"]> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  return text ? (JSON.parse(text) as Call["body"]) : undefined;
};

const send = (response: ServerResponse, [status, body]: Answer): void => {
  response.statusCode = status;
  if (body instanceof Uint8Array) return void response.setHeader("content-type", "image/png").end(body);
  if (typeof body === "string") return void response.setHeader("content-type", "text/plain").end(body);
  response.setHeader("content-type", "application/json");
  response.end(status === 204 ? "" : JSON.stringify(body));
};

const isPreview = (host = "") => /^[0-9a-f-]{36}\.localhost/.test(host);
const isApi = ({ pathname }: URL) => pathname.startsWith("/api/") || pathname.startsWith("/auth/");

/**
 * @param origin where the stub listens
 * @param answer the API and the auth server
 */
export const serve = async (
  request: IncomingMessage,
  response: ServerResponse,
  origin: string,
  answer: (call: Call) => Answer,
): Promise<void> => {
  if (isPreview(request.headers.host))
    return void response.setHeader("content-type", "text/html").end(PREVIEW_PAGE);
  const url = new URL(request.url ?? "/", origin);
  if (!isApi(url)) return sendFile(url, String(request.headers["accept-encoding"]), response);
  const call: Call = {
    method: request.method ?? "GET",
    url,
    body: await readBody(request),
    accessToken: request.headers.authorization?.replace("Bearer ", ""),
  };
  send(response, answer(call));
};
