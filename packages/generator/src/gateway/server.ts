/**
 * The model gateway: the only process of a task that has the model's credential. The agent's
 * container reaches it on the task's loopback and gets through it what `admit.ts` and `request.ts` allow,
 * until the generation's budget is spent.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Logger } from "pino";
import { admitHead, BODY_MAX_BYTES } from "./admit.ts";
import { ApiError } from "./api-error.ts";
import type { GatewayConfig } from "./config.ts";
import { Forwarder, goneSignal, type Call } from "./forward.ts";
import { Meter } from "./meter.ts";
import { ANY_MODEL, ModelStates } from "./model-state.ts";
import { parseRequest } from "./request.ts";

export interface Gateway {
  url: string;
  close: () => Promise<void>;
}

/** The path of calls that cost something; a token count has another one. */
const COUNTED = "/v1/messages";
/** For the agent and its subagents. Each call may hold a body of `BODY_MAX_BYTES` and a reservation. */
const CALLS_AT_ONCE = 8;
/** The longest that a request for the model's state is held. */
const MODEL_HELD_MS = 20_000;

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

const sendError = (response: ServerResponse, { status, type, message }: ApiError): void => {
  // An unread rest of the body would stand in the way of the connection's next request.
  const closes = !response.req.complete;
  if (status === 429) response.setHeader("retry-after", "1");
  sendJson(response, status, { type: "error", error: { type, message } }, closes);
};

class GatewayRoutes {
  readonly #config: GatewayConfig;
  readonly #logger: Logger;
  readonly #meter: Meter;
  readonly #models = new ModelStates();
  readonly #forwarder: Forwarder;
  readonly #closing = new AbortController();
  #inFlight = 0;

  constructor(config: GatewayConfig, logger: Logger) {
    this.#config = config;
    this.#logger = logger;
    this.#meter = new Meter(config.LEO_BUDGET_USD);
    this.#forwarder = new Forwarder(config, this.#models, logger);
  }

  handle(request: IncomingMessage, response: ServerResponse): void {
    this.#answer(request, response).catch((error: unknown) => this.#fail(response, error));
  }

  /** Answers whoever waits for the model's state. */
  close(): void {
    this.#closing.abort();
  }

  async #answer(head: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(head.url ?? "/", "http://gateway");
    const { method, headers } = head;
    if (method === "GET" && url.pathname === "/health") return sendJson(response, 200, { status: "ok" });
    if (method === "GET" && url.pathname === "/usage") return sendJson(response, 200, this.#meter.usage());
    if (method === "GET" && url.pathname === "/model") return this.#sendModel(response, url);
    admitHead({ method, path: url.pathname, host: headers.host, origin: headers.origin });
    this.#admitOneMore(response);
    const request = parseRequest(await readBody(head), this.#config, (model, detail) =>
      this.#models.fail(model, { code: "model_unknown", detail }),
    );
    const call = { head, response, url, request };
    return url.pathname === COUNTED ? this.#forwardCounted(call) : this.#forwarder.forward(call);
  }

  /** @throws ApiError when as many calls are in flight as may be */
  #admitOneMore(response: ServerResponse): void {
    if (this.#inFlight >= CALLS_AT_ONCE) {
      throw new ApiError(429, "rate_limit_error", `At most ${CALLS_AT_ONCE} calls at once.`);
    }
    this.#inFlight += 1;
    response.once("close", () => {
      this.#inFlight -= 1;
    });
  }

  #forwardCounted(call: Omit<Call, "settle">): Promise<void> {
    const { request } = call;
    if (request.max_tokens === undefined) {
      throw new ApiError(400, "invalid_request_error", "max_tokens: is missing.");
    }
    const reservation = this.#meter.reserve({ ...request, max_tokens: request.max_tokens });
    if (!reservation) {
      const message = `This generation's budget of ${this.#config.LEO_BUDGET_USD} USD is spent.`;
      // The harness takes a 400 as final: it neither retries nor falls back.
      throw new ApiError(400, "billing_error", message);
    }
    const paid = { ...request, max_tokens: reservation.maxTokens };
    return this.#forwarder.forward({ ...call, request: paid, settle: reservation.settle });
  }

  /** Answers once the state is newer than the one the caller knows, or after a while. */
  async #sendModel(response: ServerResponse, { searchParams }: URL): Promise<void> {
    const known = Number(searchParams.get("after") ?? -1);
    const tooLong = AbortSignal.timeout(MODEL_HELD_MS);
    const signal = AbortSignal.any([this.#closing.signal, tooLong, goneSignal(response)]);
    sendJson(response, 200, await this.#models.newerThan(known, signal));
  }

  #fail(response: ServerResponse, error: unknown): void {
    if (error instanceof ApiError) {
      const { type, message } = error;
      if (type === "request_too_large")
        this.#models.fail(ANY_MODEL, { code: "request_too_large", detail: message });
      return sendError(response, error);
    }
    this.#logger.error({ event: "gateway_failed", err: error }, "the gateway failed");
    if (!response.headersSent)
      return sendError(response, new ApiError(500, "api_error", "The gateway failed."));
    response.destroy();
  }
}

/**
 * Starts the gateway on loopback.
 * @throws if the port is taken
 */
export const startGateway = async (config: GatewayConfig, logger: Logger): Promise<Gateway> => {
  const routes = new GatewayRoutes(config, logger);
  const server = createServer((request, response) => routes.handle(request, response));
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(config.GATEWAY_PORT, "127.0.0.1", resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      routes.close();
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
};
