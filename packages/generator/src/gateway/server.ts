/**
 * The model gateway: the only process of a task that has the model's credential. The agent's
 * container reaches it on the task's loopback and gets through it what `admit.ts` allows, until the
 * generation's budget is spent.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Logger } from "pino";
import { http, loadHttps } from "../http.ts";
import { admitBody, admitHead, ApiError, BODY_MAX_BYTES } from "./admit.ts";
import type { GatewayConfig } from "./config.ts";
import { answerHeaders, upstreamHeaders } from "./headers.ts";
import { Meter } from "./meter.ts";
import { UsageReader } from "./usage-reader.ts";

export interface Gateway {
  url: string;
  close: () => Promise<void>;
}

const sendJson = (response: ServerResponse, status: number, body: unknown, close = false) => {
  response.writeHead(status, {
    "content-type": "application/json",
    ...(close ? { connection: "close" } : {}),
  });
  response.end(JSON.stringify(body));
};

const readBody = async (request: IncomingMessage): Promise<Buffer> => {
  const parts: Buffer[] = [];
  let sizeBytes = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    sizeBytes += part.length;
    if (sizeBytes > BODY_MAX_BYTES) {
      throw new ApiError(413, "request_too_large", `The body is larger than ${BODY_MAX_BYTES} bytes.`);
    }
    parts.push(part);
  }
  return Buffer.concat(parts);
};

/**
 * Starts the gateway on loopback.
 * @throws when the port is taken
 */
export const startGateway = async (config: GatewayConfig, logger: Logger): Promise<Gateway> => {
  const meter = new Meter(config.LEO_BUDGET_USD);
  const upstream = new URL(config.LEO_UPSTREAM_URL);
  const send = (upstream.protocol === "https:" ? loadHttps() : http).request;

  const forward = (
    request: IncomingMessage,
    response: ServerResponse,
    body: Buffer,
    url: URL,
    model: string,
  ) => {
    const counts = url.pathname === "/v1/messages";
    const opened = counts ? meter.open(model, body.length) : undefined;
    if (counts && !opened) {
      // 400 is what the harness takes as final: it neither retries nor falls back.
      throw new ApiError(
        400,
        "billing_error",
        `This generation's budget of ${config.LEO_BUDGET_USD} USD is spent.`,
      );
    }
    let reader = new UsageReader(true);
    const target = new URL(upstream.pathname.replace(/\/$/, "") + url.pathname + url.search, upstream);
    const outgoing = send(target, {
      method: "POST",
      headers: upstreamHeaders(request.headers, config, body),
      timeout: config.GATEWAY_SILENT_MS,
    });
    outgoing.on("timeout", () => outgoing.destroy(new Error("the model was silent for too long")));
    outgoing.on("response", (answer) => {
      reader = new UsageReader(answer.headers["content-type"]?.includes("event-stream") ?? false);
      if (answer.statusCode !== 200)
        logger.info({ event: "model_refused", status: answer.statusCode, model }, "the model refused");
      response.writeHead(answer.statusCode ?? 502, answerHeaders(answer.headers));
      response.flushHeaders();
      answer.on("data", (chunk: Buffer) => {
        reader.write(chunk);
        if (!response.write(chunk)) answer.pause();
      });
      response.on("drain", () => answer.resume());
      answer.on("end", () => response.end());
      // A stream that breaks off must break off for the agent too, or it would take a half for a whole.
      answer.on("error", () => response.destroy());
    });
    outgoing.on("error", (error) => {
      logger.warn({ event: "model_unreachable", err: error, model }, "the model could not be reached");
      if (response.headersSent) return response.destroy();
      return sendError(response, new ApiError(502, "api_error", "The model could not be reached."));
    });
    outgoing.on("close", () => opened?.close(reader.end()));
    // Answered or not: when the agent has gone, nobody reads on.
    response.on("close", () => outgoing.destroy());
    outgoing.end(body);
  };

  const sendError = (response: ServerResponse, { status, type, message }: ApiError) =>
    sendJson(response, status, { type: "error", error: { type, message } }, status === 413);

  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(request.url ?? "/", "http://gateway");
    const { method, headers } = request;
    if (method === "GET" && url.pathname === "/health") return sendJson(response, 200, { status: "ok" });
    if (method === "GET" && url.pathname === "/usage") return sendJson(response, 200, meter.usage());
    admitHead({ method, path: url.pathname, host: headers.host, origin: headers.origin });
    const body = await readBody(request);
    return forward(request, response, body, url, admitBody(body, config));
  };

  const server = http.createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      if (error instanceof ApiError) return sendError(response, error);
      logger.error({ event: "gateway_failed", err: error }, "the gateway failed");
      return response.headersSent
        ? response.destroy()
        : sendError(response, new ApiError(500, "api_error", "The gateway failed."));
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(config.GATEWAY_PORT, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
};
