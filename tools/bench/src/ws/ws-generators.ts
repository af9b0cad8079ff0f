/** Generators of the bare relay: one frame an event. */
import { once } from "node:events";
import { setImmediate } from "node:timers/promises";
import { WebSocket } from "ws";
import { serveCommands } from "../harness/child.ts";
import { Feed, playAll, type Phase } from "../load/feed.ts";

/** Unsent bytes at which a generator waits: a socket's backpressure is all that slows it. */
const UNSENT_MAX_BYTES = 256 * 1_024;

const feeds: Feed[] = [];

const sendAll = async (socket: WebSocket, feed: Feed) => {
  let n = 0;
  for await (const fact of feed.facts()) {
    n += 1;
    socket.send(JSON.stringify({ n, ...fact }));
    while (socket.bufferedAmount > UNSENT_MAX_BYTES) await setImmediate();
  }
};

const commands = {
  connect: async ({ url, count }: { url: string; count: number }) => {
    for (let index = 0; index < count; index += 1) {
      const socket = new WebSocket(`${url}/generator/${index}`, { perMessageDeflate: false });
      await once(socket, "open");
      const feed = new Feed();
      feeds.push(feed);
      void sendAll(socket, feed);
    }
  },
  play: async ({ count, phase }: { count: number; phase: Phase }) => playAll(feeds.slice(0, count), phase),
};
export type RivalGenerators = typeof commands;

serveCommands(commands);
