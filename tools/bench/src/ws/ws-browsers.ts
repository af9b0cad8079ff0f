/** Browsers of the bare relay. */
import { WebSocket } from "ws";
import { serveCommands } from "../harness/child.ts";
import { readers } from "../load/readers.ts";
import { Reception } from "../load/reception.ts";

export interface RivalBrowser {
  generator: number;
  /** Events that its generator has sent so far. */
  since: number;
}

const open = (url: string, { generator, since }: RivalBrowser) => {
  const reception = new Reception(since);
  const socket = new WebSocket(`${url}/browser/${generator}`, { perMessageDeflate: false });
  const ready = new Promise<void>((resolve, reject) => {
    socket.on("message", (data) => {
      const message = JSON.parse((data as Buffer).toString()) as { type: string; n: number };
      if (message.type === "welcome") resolve();
      else reception.take(message.n);
    });
    socket.on("error", reject);
  });
  return { reception, ready, close: () => socket.close() };
};

const { connect, ...commands } = readers();

const wsCommands = {
  ...commands,
  connect: ({ url, browsers }: { url: string; browsers: RivalBrowser[] }) =>
    connect(browsers.map((browser) => () => open(url, browser))),
};
export type RivalBrowsers = typeof wsCommands;

serveCommands(wsCommands);
