/** Browsers of Socket.IO. */
import { io } from "socket.io-client";
import { serveCommands } from "../src/harness/child.ts";
import { readers } from "../src/load/readers.ts";
import { Reception } from "../src/load/reception.ts";
import type { RivalBrowser } from "../src/ws/ws-browsers.ts";

const open = (url: string, { generator, since }: RivalBrowser) => {
  const reception = new Reception(since, { anyOrder: true });
  const socket = io(url, { transports: ["websocket"], forceNew: true });
  socket.on("event", ({ n }: { n: number }) => reception.take(n));
  const ready = new Promise<void>((resolve, reject) => {
    socket.on("connect", () => socket.emit("join", String(generator), resolve));
    socket.on("connect_error", reject);
  });
  return { reception, ready, close: () => socket.close() };
};

const { connect, ...commands } = readers();

serveCommands({
  ...commands,
  connect: ({ url, browsers }: { url: string; browsers: RivalBrowser[] }) =>
    connect(browsers.map((browser) => () => open(url, browser))),
});
