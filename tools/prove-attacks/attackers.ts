/** Hostile clients, all in this process, so that those who measure are not slowed by them. Loopback only. */
import { randomBytes } from "node:crypto";
import { connect, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { PROTOCOL } from "@leo/core/protocol/close-code.ts";
import { WebSocket } from "ws";
import { serveCommands } from "../bench/src/harness/child.ts";

/** Whoever is closed comes back after this time. */
const AGAIN_MS = 500;
const GARBAGE_BYTES = 900_000;
const SUBSCRIBES = 200;

let stop = new AbortController();
const open = new Set<WebSocket | Socket>();

/** Keeps `count` connections going until the attack is over. */
const keepUp = (count: number, attack: (index: number) => Promise<void>): void => {
  const { signal } = stop;
  for (let index = 0; index < count; index += 1) {
    void (async () => {
      while (!signal.aborted) {
        await attack(index);
        await delay(AGAIN_MS);
      }
    })();
  }
};

const track = (socket: WebSocket | Socket): Promise<void> => {
  open.add(socket);
  return new Promise((resolve) => {
    socket.on("error", () => undefined);
    socket.on("close", () => {
      open.delete(socket);
      resolve();
    });
  });
};

const dial = (url: string, headers: Record<string, string> = {}) =>
  new WebSocket(url, { headers, perMessageDeflate: false });

export interface Reader {
  accessToken: string;
  generationId: string;
}

const attackers = {
  /** Signed in, they ask for everything again and again, and read nothing. */
  slowReaders: async ({ url, readers }: { url: string; readers: Reader[] }) =>
    keepUp(readers.length, async (index) => {
      const { accessToken, generationId } = readers[index] as Reader;
      const socket = dial(url);
      const closed = track(socket);
      socket.on("open", () =>
        socket.send(JSON.stringify({ type: "hello", protocol: PROTOCOL, accessToken })),
      );
      socket.once("message", () => {
        socket.pause();
        for (let time = 0; time < SUBSCRIBES; time += 1)
          socket.send(JSON.stringify({ type: "subscribe", generationId, since: 0 }));
      });
      await closed;
    }),

  /** A third says nothing, a third sends large frames of nothing, a third sends small ones without end. */
  floods: async ({ url, count, headers }: { url: string; count: number; headers?: Record<string, string> }) =>
    keepUp(count, async (index) => {
      const socket = dial(url, headers);
      const closed = track(socket);
      socket.on("open", () => {
        if (index % 3 === 1) socket.send(randomBytes(GARBAGE_BYTES));
        if (index % 3 === 2) for (let time = 0; time < 1_000; time += 1) socket.send('{"type":"ping"}');
      });
      await closed;
    }),

  /** Tokens of the right form, of which none opens anything. */
  generators: async ({ url, count }: { url: string; count: number }) =>
    keepUp(count, async (index) => {
      const token = index % 2 ? "garbage" : `leo_at_${randomBytes(32).toString("base64url")}`;
      const socket = dial(url, { authorization: `Bearer ${token}` });
      const closed = track(socket);
      socket.on("open", () => socket.send(randomBytes(GARBAGE_BYTES)));
      await closed;
    }),

  /** Requests that are never whole. */
  slowRequests: async ({ port, count }: { port: number; count: number }) =>
    keepUp(count, async () => {
      const socket = connect({ host: "127.0.0.1", port });
      const closed = track(socket);
      socket.write("POST /api/apps HTTP/1.1\r\nhost: localhost\r\nx-a: ");
      const timer = setInterval(() => socket.write("a"), 1_000);
      await closed;
      clearInterval(timer);
    }),

  open: async () => open.size,

  stop: async () => {
    stop.abort();
    for (const socket of open) {
      if (socket instanceof WebSocket) socket.terminate();
      else socket.destroy();
    }
    stop = new AbortController();
  },
};
export type Attackers = typeof attackers;

serveCommands(attackers);
