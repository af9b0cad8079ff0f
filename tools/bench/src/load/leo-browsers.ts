/** Browsers of Leo, all in this process: they speak `/ws/ui` and read JSON as the web UI does. */
import { PROTOCOL } from "@leo/core/protocol/close-code.ts";
import { LifecycleFact, type Event } from "@leo/core/event.ts";
import type { ToBrowser } from "@leo/core/protocol/ui.ts";
import { WebSocket } from "ws";
import { serveCommands } from "../harness/child.ts";
import { readers } from "./readers.ts";
import { Reception } from "./reception.ts";

export interface Subscription {
  generationId: string;
  accessToken: string;
  /** The last `seq` that it has. */
  since: number;
  /** Events that it keeps the times of from the start, before any `expect`. */
  expected?: number;
}

const LIFECYCLE = new Set<string>(LifecycleFact.options.map(({ shape }) => shape.type.value));

const take = (reception: Reception, events: Event[]) => {
  for (const { seq, type } of events) reception.take(seq, !LIFECYCLE.has(type));
};

const open = (url: string, { generationId, accessToken, since, expected = 0 }: Subscription) => {
  const reception = new Reception(since);
  reception.expect(expected);
  const socket = new WebSocket(url, { perMessageDeflate: false });
  const subscribed = new Promise<void>((resolve, reject) => {
    socket.on("open", () => socket.send(JSON.stringify({ type: "hello", protocol: PROTOCOL, accessToken })));
    socket.on("message", (data) => {
      const message = JSON.parse((data as Buffer).toString()) as ToBrowser;
      if (message.type === "events") take(reception, message.events);
      if (message.type === "welcome") socket.send(JSON.stringify({ type: "subscribe", generationId, since }));
      if (message.type === "subscribed") resolve();
      if (message.type === "error") reject(new Error(message.message));
    });
    socket.on("error", reject);
    socket.on("close", (code) => reject(new Error(`a browser was closed with ${code}`)));
  });
  return { reception, ready: subscribed, close: () => socket.close() };
};

const { connect, ...commands } = readers();

const leoCommands = {
  ...commands,
  /** Connects a browser for each subscription; resolves once all are subscribed. */
  connect: ({ url, subscriptions }: { url: string; subscriptions: Subscription[] }) =>
    connect(subscriptions.map((subscription) => () => open(url, subscription))),
};
export type LeoBrowsers = typeof leoCommands;

serveCommands(leoCommands);
