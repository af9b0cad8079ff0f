import { startChild } from "../harness/child.ts";
import type { RivalBrowsers } from "../ws/ws-browsers.ts";
import type { RivalGenerators } from "../ws/ws-generators.ts";
import type { WsRelay } from "../ws/ws-relay.ts";
import type { RelaySystem } from "./system.ts";

/** `rivals/socket-io-server.ts`, whose packages only `npm run bench` installs. */
type SocketIoServer = {
  start(where: { databaseUrl: string }): Promise<{ url: string }>;
};

/** A server that runs, and whose generators and browsers it takes. */
interface Rival {
  url: string;
  kind: "ws" | "socket-io";
}

const LOADS: Record<Rival["kind"], string> = { ws: "ws/ws", "socket-io": "../rivals/socket-io" };

const withLoad = async <T>(
  { url, kind }: Rival,
  generators: number,
  run: (system: RelaySystem) => Promise<T>,
): Promise<T> => {
  const makers = startChild<RivalGenerators>(`${LOADS[kind]}-generators.ts`);
  const browsers = startChild<RivalBrowsers>(`${LOADS[kind]}-browsers.ts`);
  const sent = Array.from({ length: generators }, () => 0);
  try {
    await makers.call("connect", { url, count: generators });
    return await run({
      connect: async (count, browsersEach) => {
        const wanted = sent
          .slice(0, count)
          .flatMap((since, generator) => Array.from({ length: browsersEach }, () => ({ generator, since })));
        await browsers.call("connect", { url, browsers: wanted });
      },
      disconnect: () => browsers.call("disconnect"),
      expect: (events) => browsers.call("expect", events),
      play: (count, phase) => {
        for (let index = 0; index < count; index += 1) sent[index] = (sent[index] ?? 0) + phase.events;
        return makers.call("play", { count, phase });
      },
      received: () => browsers.call("received"),
    });
  } finally {
    await Promise.all([makers.end(), browsers.end()]);
  }
};

/** Runs with the bare relay and so many generators. */
export const withWsRelay = async <T>(
  generators: number,
  run: (system: RelaySystem) => Promise<T>,
): Promise<T> => {
  const server = startChild<WsRelay>("ws/ws-relay.ts");
  try {
    const { url } = await server.call("start");
    return await withLoad({ url, kind: "ws" }, generators, run);
  } finally {
    await server.end();
  }
};

/** Runs with Socket.IO on a database of its own and so many generators. */
export const withSocketIo = async <T>(
  databaseUrl: string,
  generators: number,
  run: (system: RelaySystem) => Promise<T>,
): Promise<T> => {
  const server = startChild<SocketIoServer>("../rivals/socket-io-server.ts");
  try {
    const { url } = await server.call("start", { databaseUrl });
    return await withLoad({ url, kind: "socket-io" }, generators, run);
  } finally {
    await server.end();
  }
};
