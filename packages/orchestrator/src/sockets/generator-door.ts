/**
 * The server that accepts generators' sockets, on a port of its own: no load balancer leads to it, and it serves
 * nothing else. A generator is not trusted. It reaches neither the API nor the metrics, and it counts as the
 * address of its connection, whatever it writes into `X-Forwarded-For`.
 */
import type { Server } from "node:http";
import { Hono } from "hono";
import type { Context } from "../app-context.ts";
import { ApiFault } from "../fault.ts";
import { clientAddress } from "../auth/client-address.ts";
import type { Env } from "../http/env.ts";
import { onError } from "../http/error.ts";
import { generatorHosts } from "../auth/known-hosts.ts";
import { createHttpServer } from "../http/server.ts";
import { createTokenBuckets } from "../auth/token-buckets.ts";
import type { GeneratorSockets } from "./generator-sockets.ts";
import { acceptSockets, bearerToken } from "./upgrade.ts";

/** Unknown tokens per address. A task has an address of its own, and one token. */
const REFUSED_PER_MINUTE = 60;

export interface GeneratorDoor {
  server: Server;
  /** Closes every socket with 1012. */
  closeSockets(): void;
}

/** Creates the server without listening. */
export const createGeneratorDoor = (
  { config, log, now }: Pick<Context, "config" | "log" | "now">,
  sockets: GeneratorSockets,
  isDraining: () => boolean,
): GeneratorDoor => {
  const nothingElse = new Hono<Env>();
  nothingElse.onError(onError(log));
  nothingElse.notFound(() => {
    throw new ApiFault("not_found", "There is nothing at this address.");
  });
  const hosts = generatorHosts(config);
  const server = createHttpServer(nothingElse, { config, log, hosts });
  const refused = createTokenBuckets(REFUSED_PER_MINUTE, now);
  const closeSockets = acceptSockets(server, {
    path: "/ws/generator",
    isDraining,
    isKnownHost: hosts.accepts,
    isAllowedOrigin: () => false,
    waitSeconds: (request) => Math.ceil(refused.waitMs(clientAddress(request, 0) ?? "") / 1_000),
    serve: (socket, request) => {
      const address = clientAddress(request, 0) ?? "";
      return sockets.serve(socket, bearerToken(request), () => refused.take(address));
    },
  });
  return { server, closeSockets };
};
