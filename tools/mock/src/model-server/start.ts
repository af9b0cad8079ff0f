import { randomBytes } from "node:crypto";
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { parseJson } from "@leo/core/parse-json.ts";
import { MISDIRECTED, namesThisMachine } from "@leo/core/this-machine.ts";
import { stallStream, streamTurn, type Pace } from "./answer-stream.ts";
import { readConversation } from "./scripts/conversation.ts";
import { closedSignal, listen, readBody, sendFault, sendJson } from "./http.ts";
import { countInputTokens, toMessage } from "./message.ts";
import { ModelFaults } from "./scripts/model-faults.ts";
import { MessagesRequest } from "./scripts/request.ts";
import { checkScenario, chooseReply, type ReplyContext } from "./scripts/choose-reply.ts";

const MODELS = ["claude-opus-4-8", "claude-sonnet-5-5", "claude-haiku-4-5"];

export interface RecordedRequest {
  method: string;
  path: string;
  headers: IncomingMessage["headers"];
  /** The parsed JSON body, or undefined without one. */
  body: unknown;
}

export interface ModelServerOptions {
  /** 0 takes a free port. */
  port?: number;
  /** PEM. With it the server speaks TLS; a client trusts it only if it knows the certificate. */
  certificate?: { key: string; cert: string };
  /** Names of behaviours and an app, for every conversation whatever its prompt says. */
  scenario?: string;
  /** Milliseconds between two deltas of a stream, so that a person can watch it. Default 0. */
  paceMs?: number;
  /** How long the `slow` behaviour is silent before each answer. Default 3,000. */
  slowMs?: number;
  /** How many of the newest requests are kept in `requests`. Default 1,000. */
  recordMax?: number;
  /** Time since 1970 in milliseconds, for faults that pass. Injected by tests. */
  nowMs?: () => number;
  /** Waits; rejects when the signal aborts. Injected by tests. */
  sleep?: Pace["sleep"];
}

export interface ModelServer {
  url: string;
  /** The newest requests, oldest first. */
  requests: RecordedRequest[];
  /** The model is well again: ends all faults, whatever a prompt says. Also `DELETE /faults`. */
  endFaults: () => void;
  /** Cuts open answers and stops listening. */
  close: () => Promise<void>;
}

const invalidRequest = (response: ServerResponse, message: string) =>
  sendFault(response, { status: 400, type: "invalid_request_error", message });

const sendModels = (response: ServerResponse) => {
  const data = MODELS.map((id) => ({
    type: "model",
    id,
    display_name: id,
    created_at: "2026-01-01T00:00:00Z",
  }));
  sendJson(response, 200, { data, has_more: false, first_id: MODELS[0], last_id: MODELS.at(-1) });
};

/** The API's routes, and what they remember. */
class ModelRoutes {
  readonly requests: RecordedRequest[] = [];
  readonly modelFaults: ModelFaults;
  readonly #context: ReplyContext;
  readonly #pace: Pace;
  readonly #recordMax: number;
  readonly #stop = new AbortController();

  constructor({
    scenario = "",
    paceMs = 0,
    slowMs = 3_000,
    recordMax = 1_000,
    ...options
  }: ModelServerOptions) {
    checkScenario(scenario);
    this.modelFaults = new ModelFaults(options.nowMs ?? Date.now);
    this.#context = { scenario, slowMs, modelFaults: this.modelFaults };
    this.#pace = {
      paceMs,
      sleep: options.sleep ?? ((durationMs, signal) => delay(durationMs, undefined, { signal })),
    };
    this.#recordMax = recordMax;
  }

  handle: RequestListener = (request, response) => {
    this.#answer(request, response).catch((error: unknown) => {
      if (response.destroyed || this.#stop.signal.aborted) return;
      if (response.headersSent) {
        response.destroy();
        return;
      }
      const message = error instanceof Error ? error.message : String(error);
      sendFault(response, { status: 500, type: "api_error", message });
    });
  };

  /** Cuts open answers. */
  stop(): void {
    this.#stop.abort();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const method = request.method ?? "GET";
    const path = new URL(request.url ?? "/", "http://localhost").pathname;
    response.setHeader("request-id", `req_${randomBytes(12).toString("hex")}`);
    const text = await readBody(request);
    if (text === undefined) {
      const message = "Request exceeds the maximum size";
      return sendFault(response, { status: 413, type: "request_too_large", message });
    }
    const body = parseJson(text);
    this.requests.push({ method, path, headers: request.headers, body });
    if (this.requests.length > this.#recordMax) this.requests.shift();

    if (!namesThisMachine(request.headers.host)) {
      return sendFault(response, { ...MISDIRECTED, type: "permission_error" });
    }
    if (path === "/" || path === "/health")
      return sendJson(response, 200, { status: "ok", model: "scripted" });
    if (method === "DELETE" && path === "/faults") {
      this.modelFaults.end();
      return sendJson(response, 200, { status: "ok" });
    }
    if (method === "GET" && path === "/v1/models") return sendModels(response);
    if (method !== "POST" || !/^\/v1\/messages(?:\/count_tokens)?$/.test(path)) {
      const message = `Not found: ${method} ${path}`;
      return sendFault(response, { status: 404, type: "not_found_error", message });
    }
    const parsed = MessagesRequest.safeParse(body);
    if (!parsed.success) {
      const [issue] = parsed.error.issues;
      return invalidRequest(response, `${issue?.path.join(".")}: ${issue?.message}`);
    }
    if (path === "/v1/messages") return this.#answerMessages(response, parsed.data);
    return sendJson(response, 200, { input_tokens: countInputTokens(parsed.data) });
  }

  async #answerMessages(response: ServerResponse, body: MessagesRequest): Promise<void> {
    const signal = AbortSignal.any([this.#stop.signal, closedSignal(response)]);
    const reply = await chooseReply(body, readConversation(body), this.#context);
    if (reply.kind === "fault") return sendFault(response, reply.fault);
    if (reply.kind === "stall") return stallStream(response);
    if (reply.kind === "raw") return void response.writeHead(reply.status, reply.headers).end(reply.body);
    if (reply.kind === "cut") return void response.destroy();
    if (reply.kind === "mute") return;
    if (!body.stream && reply.turn.breakWith) return void response.destroy();
    if (body.stream) return streamTurn(response, body, reply.turn, this.#pace, signal);
    if (reply.turn.waitMs) await this.#pace.sleep(reply.turn.waitMs, signal);
    return sendJson(response, 200, toMessage(body, reply.turn));
  }
}

/**
 * Starts a Messages API server on loopback whose answers are scripted.
 * @throws when the port is taken or the scenario is unknown
 */
export const startModelServer = async (options: ModelServerOptions = {}): Promise<ModelServer> => {
  const { port = 0, certificate } = options;
  const routes = new ModelRoutes(options);
  const server = certificate ? createTlsServer(certificate, routes.handle) : createServer(routes.handle);
  await listen(server, port);

  return {
    url: `${certificate ? "https" : "http"}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: routes.requests,
    endFaults: () => routes.modelFaults.end(),
    close: () => {
      routes.stop();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeAllConnections();
      return closed;
    },
  };
};
