import { startChild } from "../harness/child.ts";
import type { SocketIoServer } from "../rivals/socket-io-server.ts";
import type { RivalBrowsers } from "../rivals/ws-browsers.ts";
import type { RivalGenerators } from "../rivals/ws-generators.ts";
import type { WsRelay } from "../rivals/ws-relay.ts";
import type { RelaySystem } from "./system.ts";

/** A server that runs, and whose generators and browsers it takes. */
interface Rival {
  url: string;
  kind: "ws" | "socket-io";
}

const withLoad = async <T>(
  { url, kind }: Rival,
  generators: number,
  run: (system: RelaySystem) => Promise<T>,
): Promise<T> => {
  const makers = startChild<RivalGenerators>(`rivals/${kind}-generators.ts`);
  const browsers = startChild<RivalBrowsers>(`rivals/${kind}-browsers.ts`);
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
  const server = startChild<WsRelay>("rivals/ws-relay.ts");
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
  const server = startChild<SocketIoServer>("rivals/socket-io-server.ts");
  try {
    const { url } = await server.call("start", { databaseUrl });
    return await withLoad({ url, kind: "socket-io" }, generators, run);
  } finally {
    await server.end();
  }
};
