import { once } from "node:events";
import { connect, createServer } from "node:net";
import { StartError } from "../start-error.ts";

const CONNECT_MS = 500;

/** Something may listen on `::1` only, where a browser looks first for `localhost`. */
const answers = async (host: string, port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host, port, timeout: CONNECT_MS });
    const settle = (answered: boolean) => {
      socket.destroy();
      resolve(answered);
    };
    socket.once("connect", () => settle(true));
    socket.once("timeout", () => settle(false));
    socket.once("error", () => settle(false));
  });

const bind = async (port: number): Promise<string | undefined> => {
  const server = createServer();
  try {
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code;
  } finally {
    server.close();
  }
};

/**
 * @param command how to start on another port
 * @throws StartError when another program listens on the port, or this user may not
 */
export const refuseTakenPort = async (
  port: number,
  command = (other: number) => `PORT=${other} npm start`,
): Promise<void> => {
  const answered = await Promise.all([answers("127.0.0.1", port), answers("::1", port)]);
  const refused = answered.some(Boolean) ? "EADDRINUSE" : await bind(port);
  if (!refused) return;
  if (refused === "EACCES") {
    throw new StartError(`This user may not listen on port ${port}; choose one above 1023.`);
  }
  const next = port < 65_535 ? port + 1 : 5013;
  throw new StartError(
    `Port ${port} is taken by another program. Stop it, or choose another port: ${command(next)}`,
  );
};
