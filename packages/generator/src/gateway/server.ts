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

/** A call that costs nothing, such as a count of tokens, goes to another path. */
const COUNTED = "/v1/messages";
/** The agent and its subagents; each may hold a body of `BODY_MAX_BYTES` and a reservation. */
const CALLS_AT_ONCE = 8;
/** A question about the model's state is answered at the latest after this time. */
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

/**
 * Starts the gateway on loopback.
 * @throws when the port is taken
 */
export const startGateway = async (config: GatewayConfig, logger: Logger): Promise<Gateway> => {
  const meter = new Meter(config.LEO_BUDGET_USD);
  const closing = new AbortController();
  let inFlight = 0;
  const models = new ModelStates();
  const forwarder = new Forwarder(config, models, logger);

  const forwardCounted = (call: Omit<Call, "settle">) => {
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
    const paid = { ...request, max_tokens: reservation.maxTokens };
    return forwarder.forward({ ...call, request: paid, settle: reservation.settle });
  };

  const sendError = (response: ServerResponse, { status, type, message }: ApiError) => {
    // The rest of a body that nobody reads would stand in the way of the connection's next request.
    const closes = !response.req.complete;
    if (status === 429) response.setHeader("retry-after", "1");
    sendJson(response, status, { type: "error", error: { type, message } }, closes);
  };

  /** Answers once the state is newer than the one that is known, or after a while. */
  const sendModel = async (response: ServerResponse, { searchParams }: URL) => {
    const known = Number(searchParams.get("after") ?? -1);
    const tooLong = AbortSignal.timeout(MODEL_HELD_MS);
    const state = await models.newerThan(
      known,
      AbortSignal.any([closing.signal, tooLong, goneSignal(response)]),
    );
    sendJson(response, 200, state);
  };

  const answer = async (head: IncomingMessage, response: ServerResponse) => {
    const url = new URL(head.url ?? "/", "http://gateway");
    const { method, headers } = head;
    if (method === "GET" && url.pathname === "/health") return sendJson(response, 200, { status: "ok" });
    if (method === "GET" && url.pathname === "/usage") return sendJson(response, 200, meter.usage());
    if (method === "GET" && url.pathname === "/model") return sendModel(response, url);
    admitHead({ method, path: url.pathname, host: headers.host, origin: headers.origin });
    if (inFlight >= CALLS_AT_ONCE) {
      const message = `At most ${CALLS_AT_ONCE} calls at once.`;
      throw new ApiError(429, "rate_limit_error", message);
    }
    inFlight += 1;
    response.once("close", () => {
      inFlight -= 1;
    });
    const request = parseRequest(await readBody(head), config, (model, detail) =>
      models.fail(model, { code: "model_unknown", detail }),
    );
    const call = { head, response, url, request };
    return url.pathname === COUNTED ? forwardCounted(call) : forwarder.forward(call);
  };

  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => {
      if (error instanceof ApiError) {
        const { type, message } = error;
        if (type === "request_too_large")
          models.fail(ANY_MODEL, { code: "request_too_large", detail: message });
        return sendError(response, error);
      }
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
      closing.abort();
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
};
