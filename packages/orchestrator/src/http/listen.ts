import type { Server } from "node:http";
import type { AddressInfo } from "node:net";

/** How long current requests may take to finish. */
const CLOSE_MS = 2_000;

/** @returns the port. @throws when it is taken (EADDRINUSE), or not this user's (EACCES) */
export const listenOn = (server: Server, port: number, host: string): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve((server.address() as AddressInfo).port);
    });
  });

/** Gives current requests a moment to finish, then closes the rest. */
export const closeServer = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    const cut = setTimeout(() => server.closeAllConnections(), CLOSE_MS);
    server.close(() => {
      clearTimeout(cut);
      resolve();
    });
    server.closeIdleConnections();
  });
