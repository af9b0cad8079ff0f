/** Generators of Socket.IO: one emitted event an event, and an acknowledgement now and then that slows them. */
import { once } from "node:events";
import { io, type Socket } from "socket.io-client";
import { serveCommands } from "../src/harness/child.ts";
import { Feed, playAll, type Phase } from "../src/load/feed.ts";

const ACKNOWLEDGED_EVERY = 100;
/** As many events as Leo's generators may have unacknowledged. */
const UNACKNOWLEDGED_MAX = 1_000;

const feeds: Feed[] = [];

const sendAll = async (socket: Socket, feed: Feed, id: string) => {
  let n = 0;
  const answers: Promise<void>[] = [];
  for await (const fact of feed.facts()) {
    n += 1;
    const event = { n, ...fact };
    if (n % ACKNOWLEDGED_EVERY !== 0) {
      socket.emit("event", id, event);
      continue;
    }
    answers.push(new Promise((resolve) => socket.emit("event", id, event, resolve)));
    if (answers.length * ACKNOWLEDGED_EVERY >= UNACKNOWLEDGED_MAX) await answers.shift();
  }
};

const commands = {
  connect: async ({ url, count }: { url: string; count: number }) => {
    for (let index = 0; index < count; index += 1) {
      const socket = io(url, { transports: ["websocket"], forceNew: true });
      await once(socket as unknown as NodeJS.EventEmitter, "connect");
      const feed = new Feed();
      feeds.push(feed);
      void sendAll(socket, feed, String(index));
    }
  },
  play: async ({ count, phase }: { count: number; phase: Phase }) => playAll(feeds.slice(0, count), phase),
};

serveCommands(commands);
