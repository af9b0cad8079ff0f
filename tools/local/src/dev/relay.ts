/**
 * One loopback port in front of whichever orchestrator is current. It passes bytes on and reads none,
 * so that HTTP and sockets go through it alike. Connections that are open stay with the orchestrator
 * that they were opened to.
 */
import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";

export interface Relay {
  port: number;
  /** Where connections go from now on. */
  point: (port: number) => void;
  stop: () => Promise<void>;
}

const join = (client: Socket, upstream: Socket): void => {
  for (const [one, other] of [
    [client, upstream],
    [upstream, client],
  ] as const) {
    one.setNoDelay(true);
    one.pipe(other);
    // What broke off on one side is over on the other; who waits for an answer asks again.
    one.on("error", () => other.destroy());
    one.on("close", () => other.destroy());
  }
};

export const startRelay = async (): Promise<Relay> => {
  let target: number | undefined;
  const clients = new Set<Socket>();
  const server = createServer((client) => {
    if (target === undefined) {
      client.destroy();
      return;
    }
    clients.add(client);
    client.on("close", () => clients.delete(client));
    join(client, connect(target, "127.0.0.1"));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    point: (port) => {
      target = port;
    },
    stop: async () => {
      const closed = once(server, "close");
      server.close();
      for (const client of clients) client.destroy();
      await closed;
    },
  };
};
