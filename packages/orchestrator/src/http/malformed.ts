/**
 * What Node's parser rejects before there is a request. Each gets Node's own status and a sentence.
 *
 * Headers that are too large are usually cookies, and not Leo's own, which sets none on its host: an app on the
 * same site has set them, and they would keep every page of Leo from opening. So the browser is asked to delete
 * them.
 */
import { STATUS_CODES, type Server, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { Config } from "../config.ts";
import { apiHeaders } from "./security-headers.ts";

const HEADERS_TOO_LARGE = 431;
const STATUSES: Record<string, number> = {
  HPE_HEADER_OVERFLOW: HEADERS_TOO_LARGE,
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 413,
  ERR_HTTP_REQUEST_TIMEOUT: 408,
};
const SENTENCES: Record<number, string> = {
  400: "Leo can't understand this request.",
  408: "The request took too long to arrive.",
  413: "The request is too large.",
  [HEADERS_TOO_LARGE]:
    "The request's headers are too large, most often through cookies that another page has set. Your browser has been told to delete them: load the page again.",
};

const answerTo = (status: number, config: Config): string => {
  const sentence = `${SENTENCES[status]}\n`;
  const headers = {
    ...apiHeaders(config),
    ...(status === HEADERS_TOO_LARGE ? { "clear-site-data": '"cookies"' } : {}),
    "content-type": "text/plain; charset=utf-8",
    "content-length": String(Buffer.byteLength(sentence)),
    connection: "close",
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join("")}\r\n${sentence}`;
};

/** Answers a malformed request and closes the connection. In the middle of an answer it only closes it. */
export const answerMalformed = (server: Server, config: Config): void => {
  const answers = new WeakMap<Duplex, Set<ServerResponse>>();
  server.on("request", ({ socket }, response: ServerResponse) => {
    const open = answers.get(socket) ?? new Set();
    answers.set(socket, open.add(response));
    response.once("close", () => open.delete(response));
  });
  const isAnswering = (socket: Duplex) =>
    [...(answers.get(socket) ?? [])].some(({ headersSent }) => headersSent);
  server.on("clientError", (cause: NodeJS.ErrnoException, socket) => {
    if (socket.writable && !isAnswering(socket))
      socket.write(answerTo(STATUSES[cause.code ?? ""] ?? 400, config));
    socket.destroy(cause);
  });
};
