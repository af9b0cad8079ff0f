import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";

/**
 * A loopback port that nothing listens on right now.
 * Only for programs that cannot bind port 0 themselves: another process may take it first.
 */
export const freePort = async (): Promise<number> => {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
};
