import type { Server } from "node:http";
import type { AddressInfo } from "node:net";

/** How long requests under way may take to end. */
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

/** Lets requests under way end for a moment, then closes what is left. */
export const closeServer = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    const cut = setTimeout(() => server.closeAllConnections(), CLOSE_MS);
    server.close(() => {
      clearTimeout(cut);
      resolve();
    });
    server.closeIdleConnections();
  });
