import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";

/**
 * Above the ports that browsers block and most services have, below those that systems give to outgoing
 * connections: one of the latter may be in use again the moment after it was found free.
 */
const [FIRST, END] = [11_000, 32_768];
const TRIES = 100;

const isFree = async (port: number): Promise<boolean> => {
  const server = createServer();
  server.listen(port, "127.0.0.1");
  try {
    await once(server, "listening");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EADDRINUSE" || code === "EACCES") return false;
    throw error;
  }
  server.close();
  await once(server, "close");
  return true;
};

/**
 * A loopback port that nothing listens on right now, by chance another one each time.
 * Only for programs that cannot bind port 0 themselves: another process may take it first.
 */
export const freePort = async (): Promise<number> => {
  for (let tries = 0; tries < TRIES; tries += 1) {
    const port = randomInt(FIRST, END);
    if (await isFree(port)) return port;
  }
  throw new Error(`None of ${TRIES} ports between ${FIRST} and ${END - 1} is free on 127.0.0.1.`);
};
