/** Where an orchestrator is reached: browsers and the API on one port, generators on another. */
import type { IncomingMessage } from "node:http";
import { createApi } from "./api.ts";
import { clientAddress } from "./auth/client-address.ts";
import { publicHosts } from "./auth/known-hosts.ts";
import { createHealth } from "./http/health.ts";
import { closeServer, listenOn } from "./http/listen.ts";
import { createHttpServer } from "./http/server.ts";
import type { AppContext } from "./orchestrator.ts";
import { createGeneratorDoor } from "./sockets/generator-door.ts";
import { serveUiSocket } from "./sockets/ui-socket.ts";
import { acceptSockets, type SocketRoute } from "./sockets/upgrade.ts";

export interface Doors {
  port: number;
  generatorPort: number;
  /** Closes every socket with 1012. */
  closeSockets(): void;
  /** Takes nothing more; resolves when what was being answered is. */
  close(): Promise<void>;
}

const browserRoute = (app: AppContext): SocketRoute => {
  const { config, guard, state, hub, appNotices, browserSockets } = app;
  const addressOf = (request: IncomingMessage) => clientAddress(request, config.LEO_TRUSTED_PROXIES);
  return {
    path: "/ws/ui",
    isDraining: () => state.isDraining,
    isKnownHost: publicHosts(config).accepts,
    isAllowedOrigin: (origin) => origin === new URL(config.LEO_PUBLIC_URL).origin,
    waitSeconds: (request) => guard.waitSeconds(addressOf(request)),
    serve: (socket, request) => {
      const address = addressOf(request);
      state.browsers += 1;
      socket.on("close", () => (state.browsers -= 1));
      return serveUiSocket(app, socket, {
        hub,
        appNotices,
        verify: (token) => guard.verify(token, address),
        admit: async (user, opened) => {
          await guard.admitSocket(user);
          await browserSockets.add(user, opened);
        },
      });
    },
  };
};

/** @throws when a port is taken */
export const openDoors = async (app: AppContext): Promise<Doors> => {
  const { config, log, state, guard, sites, metrics, generatorSockets } = app;
  const isDraining = () => state.isDraining;
  const api = createApi(app, {
    guard,
    sites,
    health: createHealth(() => app.database.pool.query("select 1"), isDraining),
    metrics: () => metrics.registry.metrics(),
  });
  const server = createHttpServer(api, { config, log });
  const closeBrowsers = acceptSockets(server, browserRoute(app));
  const door = createGeneratorDoor(app, generatorSockets, isDraining);
  const port = await listenOn(server, config.PORT, config.LEO_LISTEN_HOST);
  const generatorPort = await listenOn(door.server, config.LEO_GENERATOR_PORT, config.LEO_LISTEN_HOST);
  return {
    port,
    generatorPort,
    closeSockets: () => {
      closeBrowsers();
      door.closeSockets();
    },
    close: async () => {
      await Promise.all([closeServer(server), closeServer(door.server)]);
    },
  };
};
