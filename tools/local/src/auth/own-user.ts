/** Which user of this machine is at the other end of a loopback connection. */
import { readFile } from "node:fs/promises";
import type { Socket } from "node:net";

/** The kernel's tables of TCP sockets, with the user of each. An IPv4 peer of a dual-stack program is in the second. */
const TABLES = ["/proc/net/tcp", "/proc/net/tcp6"];
const UID_COLUMN = 7;
/** A row that moves while the table is read can be missed once. */
const TRIES = 3;

type Ends = Pick<Socket, "remotePort" | "localPort">;

const hexPort = (port = 0): string => port.toString(16).toUpperCase().padStart(4, "0");

const uidIn = (table: string, { remotePort, localPort }: Ends): number | undefined => {
  for (const line of table.split("\n")) {
    const columns = line.trim().split(/\s+/);
    const [, own = "", other = ""] = columns;
    if (own.endsWith(`:${hexPort(remotePort)}`) && other.endsWith(`:${hexPort(localPort)}`))
      return Number(columns[UID_COLUMN]);
  }
  return undefined;
};

/**
 * Whether the peer of a connection to loopback belongs to the user who runs this process, or to root, from whom
 * nothing is safe anyway. A peer that the kernel does not list is somebody else.
 * @param tables where the kernel lists its sockets
 * @returns true on systems other than Linux, which do not say whose a socket is
 */
export const isOwnUser = async (socket: Ends, tables = TABLES): Promise<boolean> => {
  if (process.platform !== "linux") return true;
  for (let tries = 0; tries < TRIES; tries += 1) {
    for (const file of tables) {
      const uid = uidIn(await readFile(file, "utf8").catch(() => ""), socket);
      if (uid !== undefined) return uid === 0 || uid === process.getuid?.();
    }
  }
  return false;
};
