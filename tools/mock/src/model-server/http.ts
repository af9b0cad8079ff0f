import { once } from "node:events";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { ApiFault } from "./scripts/turn.ts";

/** The Messages API's own limit on a request. */
const BODY_MAX_BYTES = 32 * 1024 * 1024;

/** The whole body as text, or undefined when it is over 32 MB. */
export const readBody = async (request: IncomingMessage): Promise<string | undefined> => {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length;
    if (sizeBytes <= BODY_MAX_BYTES) chunks.push(chunk);
  }
  return sizeBytes > BODY_MAX_BYTES ? undefined : Buffer.concat(chunks).toString("utf8");
};

export const sendJson = (
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
) => {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify(body));
};

/** Answers with an error in the shape of the Messages API. */
export const sendFault = (response: ServerResponse, { status, type, message, headers }: ApiFault) => {
  const requestId = String(response.getHeader("request-id"));
  sendJson(response, status, { type: "error", error: { type, message }, request_id: requestId }, headers);
};

/** Aborts when the client has gone, so that nobody keeps writing to a closed connection. */
export const closedSignal = (response: ServerResponse): AbortSignal => {
  const closed = new AbortController();
  response.once("close", () => closed.abort());
  return closed.signal;
};

/** Listens on loopback. @throws when the port is taken */
export const listen = async (server: Server, port: number) => {
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
};
