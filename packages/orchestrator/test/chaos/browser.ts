import { WebSocket } from "ws";
import { ToBrowser } from "@leo/core/protocol/ui.ts";

export interface Browser {
  /** Every `seq` in the order in which it arrived, over all connections. */
  seqs: number[];
  connections: number;
  /** It is subscribed on a connection that is open. */
  isAttached(): boolean;
  /** The code with which its last connection was closed. */
  lastCode?: number;
  /** One that was deaf reads from now on. */
  read(): void;
  close(): void;
}

export interface BrowserOptions {
  /** Cuts its own connection after every so many events. */
  cutEvery?: number;
  /** Subscribes and then reads nothing more from its socket. */
  deaf?: boolean;
}

const RECONNECT_MS = 50;

/** A page that follows one generation and reconnects with its last `seq`. */
export const openBrowser = (
  url: string,
  accessToken: string,
  generationId: string,
  { cutEvery, deaf = false }: BrowserOptions = {},
): Browser => {
  let socket: WebSocket | undefined;
  let closed = false;
  let isDeaf = deaf;
  let retry: NodeJS.Timeout | undefined;
  let attached: WebSocket | undefined;
  const browser: Browser = {
    seqs: [],
    connections: 0,
    isAttached: () => attached !== undefined && attached === socket,
    read: () => {
      isDeaf = false;
      socket?.resume();
    },
    close: () => {
      closed = true;
      clearTimeout(retry);
      socket?.terminate();
    },
  };

  const receive = (current: WebSocket, message: ToBrowser) => {
    if (message.type === "welcome") {
      current.send(JSON.stringify({ type: "subscribe", generationId, since: browser.seqs.at(-1) ?? 0 }));
      if (isDeaf) current.pause();
    }
    if (message.type === "subscribed") attached = current;
    if (message.type !== "events") return;
    for (const { seq } of message.events) {
      browser.seqs.push(seq);
      if (cutEvery && seq % cutEvery === 0) {
        // What comes after it in this frame is lost with the connection.
        current.terminate();
        return;
      }
    }
  };

  const connect = () => {
    const current = new WebSocket(url);
    socket = current;
    browser.connections += 1;
    current.on("open", () => current.send(JSON.stringify({ type: "hello", protocol: 1, accessToken })));
    current.on("message", (data) => {
      if (current.readyState === current.OPEN)
        receive(current, ToBrowser.parse(JSON.parse((data as Buffer).toString())));
    });
    // A refused connection closes as well, and that is where it is made again.
    current.on("error", () => current.terminate());
    current.on("close", (code) => {
      browser.lastCode = code;
      attached = undefined;
      if (!closed) retry = setTimeout(connect, RECONNECT_MS);
    });
  };
  connect();
  return browser;
};
