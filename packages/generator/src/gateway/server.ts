/**
 * The model gateway: the only process of a task that has the model's credential. The agent's
 * container reaches it on the task's loopback and gets through it what `admit.ts` and `request.ts` allow,
 * until the generation's budget is spent.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Logger } from "pino";
import { http, loadHttps } from "../http.ts";
import { admitHead, BODY_MAX_BYTES } from "./admit.ts";
import { ApiError } from "./api-error.ts";
import type { GatewayConfig } from "./config.ts";
import { answerHeaders, upstreamHeaders } from "./headers.ts";
import { Meter, type Outcome } from "./meter.ts";
import { parseRequest, type MessagesRequest } from "./request.ts";
import { NO_TOKENS } from "./prices.ts";
import { UsageReader } from "./usage-reader.ts";

export interface Gateway {
  url: string;
  close: () => Promise<void>;
}

/** A call that costs nothing, such as a count of tokens, goes to another path. */
const COUNTED = "/v1/messages";
/** The agent and its subagents; each may hold a body of `BODY_MAX_BYTES` and a reservation. */
const CALLS_AT_ONCE = 8;

interface Call {
  head: IncomingMessage;
  response: ServerResponse;
  url: URL;
  request: MessagesRequest;
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
  let inFlight = 0;
  const upstream = new URL(config.LEO_UPSTREAM_URL);
  const send = (upstream.protocol === "https:" ? loadHttps() : http).request;

  const forward = ({ head, response, url, request }: Call, settle: (outcome: Outcome) => void) => {
    const body = Buffer.from(JSON.stringify(request));
    const { model } = request;
    // Until the body has been handed over, nothing can have been computed.
    let outcome: () => Outcome = () => ({ kind: "rejected" });
    const target = new URL(upstream.pathname.replace(/\/$/, "") + url.pathname, upstream);
    if (url.searchParams.get("beta") === "true") target.searchParams.set("beta", "true");
    const outgoing = send(target, {
      method: "POST",
      headers: upstreamHeaders(head.headers, config, body),
      timeout: config.GATEWAY_SILENT_MS,
    });
    outgoing.on("timeout", () => outgoing.destroy(new Error("the model was silent for too long")));
    outgoing.on("finish", () => {
      outcome = () => ({ kind: "broken", usage: NO_TOKENS });
    });
    outgoing.on("response", (answer) => {
      const reader = new UsageReader(answer.headers["content-type"]?.includes("event-stream") ?? false);
      outcome = () => (answer.statusCode === 200 ? reader.end() : { kind: "rejected" });
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
    outgoing.on("close", () => settle(outcome()));
    // Answered or not: when the agent has gone, nobody reads on.
    response.on("close", () => outgoing.destroy());
    outgoing.end(body);
  };

  const forwardCounted = (call: Call) => {
    const { request } = call;
    if (request.max_tokens === undefined) {
      throw new ApiError(400, "invalid_request_error", "max_tokens: is missing.");
    }
    const reservation = meter.reserve({ ...request, max_tokens: request.max_tokens });
    if (!reservation) {
      // 400 is what the harness takes as final: it neither retries nor falls back.
      throw new ApiError(
        400,
        "billing_error",
        `This generation's budget of ${config.LEO_BUDGET_USD} USD is spent.`,
      );
    }
    forward({ ...call, request: { ...request, max_tokens: reservation.maxTokens } }, reservation.settle);
  };

  const sendError = (response: ServerResponse, { status, type, message }: ApiError) => {
    // The rest of a body that nobody reads would stand in the way of the connection's next request.
    const closes = !response.req.complete;
    if (status === 429) response.setHeader("retry-after", "1");
    sendJson(response, status, { type: "error", error: { type, message } }, closes);
  };

  const answer = async (head: IncomingMessage, response: ServerResponse) => {
    const url = new URL(head.url ?? "/", "http://gateway");
    const { method, headers } = head;
    if (method === "GET" && url.pathname === "/health") return sendJson(response, 200, { status: "ok" });
    if (method === "GET" && url.pathname === "/usage") return sendJson(response, 200, meter.usage());
    admitHead({ method, path: url.pathname, host: headers.host, origin: headers.origin });
    if (inFlight >= CALLS_AT_ONCE) {
      const message = `At most ${CALLS_AT_ONCE} calls at once.`;
      throw new ApiError(429, "rate_limit_error", message);
    }
    inFlight += 1;
    response.once("close", () => {
      inFlight -= 1;
    });
    const call = { head, response, url, request: parseRequest(await readBody(head), config) };
    return url.pathname === COUNTED ? forwardCounted(call) : forward(call, () => undefined);
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
