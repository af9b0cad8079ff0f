import { connect, createServer, type AddressInfo, type Socket } from "node:net";

export interface Balancer {
  port: number;
  /** Ports that connections may go to; tried in turn. */
  backends: number[];
  /** The first bytes of what clients sent on the connections to a port that are open now. */
  openTo(port: number): string[];
  /** Cuts every connection that is open now. */
  cutAll(): void;
  /** Cuts the open connections whose first bytes hold this text. Returns how many. */
  cut(text: string): number;
  /** Gone: cuts everything and refuses what comes, until told otherwise. */
  setGone(isGone: boolean): void;
  /**
   * From now on nothing that the server says reaches the open connections whose first bytes hold this
   * text, and they stay open: what a client sees of a server whose machine was replaced.
   */
  deafen(text: string): number;
  /**
   * From now on nothing passes either way on the open connections whose first bytes hold this text, not
   * even that one side closes: what both see of a network that is gone.
   */
  isolate(text: string): number;
  close(): Promise<void>;
}

interface Passage {
  port: number;
  client: Socket;
  server: Socket;
  firstBytes: string;
  isIsolated: boolean;
}

/** Passes TCP connections on: a load balancer before orchestrators, or a door before any server. */
export const startBalancer = async (backends: number[] = []): Promise<Balancer> => {
  const open = new Set<Socket>();
  const passages = new Set<Passage>();
  let turn = 0;
  let isGone = false;

  const forward = (client: Socket, triesLeft: number) => {
    turn += 1;
    const port = backends[turn % backends.length];
    if (port === undefined || triesLeft === 0) {
      client.destroy();
      return;
    }
    const server = connect(port, "127.0.0.1");
    server.once("error", () => {
      if (server.bytesRead === 0 && !client.destroyed) forward(client, triesLeft - 1);
      else client.destroy();
    });
    server.once("connect", () => {
      const passage: Passage = { port, client, server, firstBytes: "", isIsolated: false };
      open.add(server);
      passages.add(passage);
      client.once("data", (chunk: Buffer) => (passage.firstBytes = chunk.toString("latin1")));
      client.pipe(server).pipe(client);
      client.on("close", () => {
        if (!passage.isIsolated) server.destroy();
      });
      server.on("close", () => {
        open.delete(server);
        passages.delete(passage);
        if (!passage.isIsolated) client.destroy();
      });
      server.on("error", () => client.destroy());
    });
  };

  const server = createServer((client) => {
    if (isGone) {
      client.destroy();
      return;
    }
    open.add(client);
    client.on("error", () => client.destroy());
    client.on("close", () => open.delete(client));
    forward(client, backends.length);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const cutAll = () => {
    for (const socket of open) socket.destroy();
  };
  const withFirstBytes = (text: string) =>
    [...passages].filter(({ firstBytes, isIsolated }) => !isIsolated && firstBytes.includes(text));
  return {
    port: (server.address() as AddressInfo).port,
    backends,
    openTo: (wanted) =>
      [...passages].filter(({ port }) => port === wanted).map(({ firstBytes }) => firstBytes),
    cutAll,
    setGone: (gone) => {
      isGone = gone;
      if (gone) cutAll();
    },
    cut: (text) => {
      const found = withFirstBytes(text);
      for (const { client } of found) client.destroy();
      return found.length;
    },
    deafen: (text) => {
      const found = withFirstBytes(text);
      for (const passage of found) {
        passage.server.unpipe(passage.client);
        passage.server.resume();
      }
      return found.length;
    },
    isolate: (text) => {
      const found = withFirstBytes(text);
      for (const passage of found) {
        passage.isIsolated = true;
        for (const [from, to] of [
          [passage.server, passage.client],
          [passage.client, passage.server],
        ] as const) {
          from.unpipe(to);
          from.resume();
        }
      }
      return found.length;
    },
    close: async () => {
      cutAll();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};
