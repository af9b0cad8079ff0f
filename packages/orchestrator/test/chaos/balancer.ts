import { connect, createServer, type AddressInfo, type Socket } from "node:net";

export interface Balancer {
  port: number;
  /** Ports that connections may go to; tried in turn. */
  backends: number[];
  /** Cuts every connection that is open now. */
  cutAll(): void;
  close(): Promise<void>;
}

/** Stands in for the load balancer: passes TCP connections to whichever orchestrator answers. */
export const startBalancer = async (): Promise<Balancer> => {
  const open = new Set<Socket>();
  const backends: number[] = [];
  let turn = 0;

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
      open.add(server);
      client.pipe(server).pipe(client);
      client.on("close", () => server.destroy());
      server.on("close", () => {
        open.delete(server);
        client.destroy();
      });
      server.on("error", () => client.destroy());
    });
  };

  const server = createServer((client) => {
    open.add(client);
    client.on("error", () => client.destroy());
    client.on("close", () => open.delete(client));
    forward(client, backends.length);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const cutAll = () => {
    for (const socket of open) socket.destroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    backends,
    cutAll,
    close: async () => {
      cutAll();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};
