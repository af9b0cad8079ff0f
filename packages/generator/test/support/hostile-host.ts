/** A host that does what it likes: a socket, and frames made by hand. */
import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { CHANNELS, FRAME, SANDBOX_PROTOCOL } from "../../src/sandbox/protocol.ts";

export const frame = (kind: number, payload: Buffer, claimedBytes = payload.length): Buffer => {
  const header = Buffer.alloc(5);
  header.writeUInt32BE(claimedBytes);
  header.writeUInt8(kind, 4);
  return Buffer.concat([header, payload]);
};

export const message = (value: unknown): Buffer => frame(FRAME.message, Buffer.from(JSON.stringify(value)));

export const piece = (id: number, content: Buffer, channel: number = CHANNELS.output): Buffer => {
  const header = Buffer.alloc(5);
  header.writeUInt32BE(id);
  header.writeUInt8(channel, 4);
  return frame(FRAME.piece, Buffer.concat([header, content]));
};

export const HELLO = {
  type: "hello",
  protocol: SANDBOX_PROTOCOL,
  paths: { root: "/r", workspace: "/r/workspace", home: "/r/home", temporary: "/r/tmp" },
  templateDir: "/template",
};

interface Asked {
  id: number;
  operation: string;
}

/** Reads the driver's requests out of its frames. */
const requestsIn = (pending: Buffer): { asked: Asked[]; rest: Buffer } => {
  const asked: Asked[] = [];
  let rest = pending;
  while (rest.length >= 5 && rest.length >= 5 + rest.readUInt32BE(0)) {
    const payload = rest.subarray(5, 5 + rest.readUInt32BE(0));
    if (rest.readUInt8(4) === FRAME.message) {
      const said = JSON.parse(payload.toString("utf8")) as {
        type: string;
        id: number;
        request?: { operation: string };
      };
      if (said.type === "request") asked.push({ id: said.id, operation: said.request?.operation ?? "" });
    }
    rest = rest.subarray(5 + payload.length);
  }
  return { asked, rest };
};

export interface HostileHost {
  port: number;
  /** What the driver has sent, in bytes. */
  heardBytes: () => number;
}

/**
 * Listens as a host would.
 * @param behave `onConnect` is said to every connection, `onRequest` in answer to each request
 */
export const withHostileHost = async (
  behave: { onConnect?: (socket: Socket) => void; onRequest?: (socket: Socket, asked: Asked) => void },
  run: (host: HostileHost) => Promise<void>,
): Promise<void> => {
  let heardBytes = 0;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    // The driver closes on it.
    socket.on("error", () => undefined);
    let pending = Buffer.alloc(0);
    socket.on("data", (chunk: Buffer) => {
      heardBytes += chunk.length;
      const { asked, rest } = requestsIn(Buffer.concat([pending, chunk]));
      pending = Buffer.from(rest);
      for (const each of asked) behave.onRequest?.(socket, each);
    });
    if (behave.onConnect) behave.onConnect(socket);
    else socket.write(message(HELLO));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    await run({ port: (server.address() as AddressInfo).port, heardBytes: () => heardBytes });
  } finally {
    for (const socket of sockets) socket.destroy();
    server.close();
  }
};
