/**
 * The HTTP server below everything. Sending a request and reading the response have time limits, so that slow
 * and silent clients hold no memory or connections that others need.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { getRequestListener, RequestError } from "@hono/node-server";
import type { Hono } from "hono";
import type { Logger } from "pino";
import type { Config } from "../config.ts";
import { ApiFault } from "../fault.ts";
import type { Env } from "./env.ts";
import { errorBody } from "./error.ts";
import { publicHosts, type KnownHosts } from "../auth/known-hosts.ts";
import { answerMalformed } from "./malformed.ts";
import { apiHeaders } from "./security-headers.ts";

/** A load balancer keeps a connection for 300 s; closing it earlier would lose a request that's arriving on it. */
const KEEP_ALIVE_MS = 310_000;
/** How often Node checks for late requests. */
const CHECK_MS = 5_000;
const TOLD_AGAIN_MS = 60_000;

/** Errors before the application sees a request, or after it has answered. */
const refusalOf = (config: Config, log: Logger) => {
  const headers = apiHeaders(config);
  return (cause: unknown): Response => {
    const isTheirs = cause instanceof RequestError;
    if (!isTheirs) log.error({ err: cause, event: "request_failed" }, "request failed");
    const fault = isTheirs
      ? new ApiFault("bad_request", "The request's address isn't valid.")
      : new ApiFault("internal", "Something went wrong in Leo. Try again.");
    return Response.json(errorBody(fault), { status: fault.status, headers });
  };
};

/** Aborts a response that takes too long overall, or that the client stops reading. */
const watchReader = (response: ServerResponse, durationMs: number, log: Logger) => {
  const cut = () => {
    log.info({ event: "slow_client_cut" }, "a client that reads too slowly was cut");
    response.destroy();
  };
  const timer = setTimeout(cut, durationMs);
  response.on("timeout", cut);
  response.once("close", () => clearTimeout(timer));
};

/** For a body that no route reads: the connection ends with the response, so that the rest isn't read. */
const hasUnreadBody = ({ method, headers }: IncomingMessage) =>
  (method === "GET" || method === "HEAD") &&
  (headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0);

const tellDropped = (server: Server, log: Logger) => {
  let toldAtMs = -Infinity;
  server.on("drop", () => {
    if (performance.now() - toldAtMs < TOLD_AGAIN_MS) return;
    toldAtMs = performance.now();
    log.warn({ event: "connections_full", max: server.maxConnections }, "connections are being refused");
  });
};

export interface HttpServerOptions {
  config: Config;
  log: Logger;
  /** The host names it answers to; the public ones by default. */
  hosts?: KnownHosts;
}

/** Creates the server for an application; it isn't listening yet. */
export const createHttpServer = (
  api: Hono<Env>,
  { config, log, hosts = publicHosts(config) }: HttpServerOptions,
): Server => {
  const listener = getRequestListener(api.fetch, { errorHandler: refusalOf(config, log) });
  const times = {
    keepAliveTimeout: KEEP_ALIVE_MS,
    headersTimeout: Math.min(config.LEO_HEADERS_TIMEOUT_MS, config.LEO_REQUEST_TIMEOUT_MS),
    requestTimeout: config.LEO_REQUEST_TIMEOUT_MS,
    connectionsCheckingInterval: Math.min(CHECK_MS, config.LEO_HEADERS_TIMEOUT_MS),
  };
  const server = createServer(times, (request, response) => {
    if (!hosts.accepts(request)) return hosts.reject(response);
    if (hasUnreadBody(request)) response.setHeader("connection", "close");
    watchReader(response, config.LEO_ANSWER_TIMEOUT_MS, log);
    void listener(request, response);
    return undefined;
  });
  // No byte moved in either direction for this long. WebSockets are exempt; they're pinged instead.
  server.timeout = config.LEO_UNREAD_TIMEOUT_MS;
  server.maxConnections = config.LEO_CONNECTIONS_MAX;
  tellDropped(server, log);
  answerMalformed(server, config);
  return server;
};
