/** Small servers on loopback that answer what a test says. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface Reply {
  status?: number;
  headers?: Record<string, string>;
  body?: unknown;
}

export interface Asked {
  method: string;
  path: string;
  headers: IncomingMessage["headers"];
  body: string;
}

type Handler = (asked: Asked) => Reply | "never";

const read = async (request: IncomingMessage): Promise<string> => {
  let text = "";
  for await (const chunk of request) text += String(chunk);
  return text;
};

const answer = async (request: IncomingMessage, response: ServerResponse, handle: Handler) => {
  const body = await read(request);
  const { method = "", url = "", headers } = request;
  const reply = handle({ method, path: url, headers, body });
  if (reply === "never") return;
  const text = typeof reply.body === "string" ? reply.body : JSON.stringify(reply.body ?? {});
  response.writeHead(reply.status ?? 200, reply.headers).end(text);
};

/** Runs with a server whose answers `handle` makes; `never` leaves the caller waiting. */
export const withServer = async <T>(handle: Handler, run: (url: string) => Promise<T>): Promise<T> => {
  const server = createServer((request, response) => void answer(request, response, handle));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    return await run(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
};

/** An operation of AWS's JSON protocols that is refused. */
export const refusal = (code: string, status = 400): Reply => ({
  status,
  headers: { "content-type": "application/x-amz-json-1.1", "x-amzn-errortype": code },
  body: { __type: code, message: "no" },
});

/** Answers AWS's JSON protocols by operation: `GetServiceQuota`, `DescribeCertificate`, … */
export const awsJson =
  (operations: Record<string, (input: never) => Reply>): Handler =>
  ({ headers, body }) => {
    const operation = String(headers["x-amz-target"]).split(".").at(-1) ?? "";
    const handle = operations[operation];
    if (!handle) return refusal("UnknownOperationException");
    const reply = handle(JSON.parse(body || "{}") as never);
    return { headers: { "content-type": "application/x-amz-json-1.1" }, ...reply };
  };

/** A loopback address on which nobody listens. */
export const closedUrl = async (): Promise<string> =>
  withServer(
    () => ({}),
    async (url) => url,
  );
