/**
 * Socket.IO with its PostgreSQL adapter: a room for each generator, one emitted event an event. The
 * adapter sends each to PostgreSQL (NOTIFY, nothing stored) before its own browsers get it, over
 * however many connections its pool has, so events may overtake each other.
 */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createAdapter } from "@socket.io/postgres-adapter";
import { Pool } from "pg";
import { Server } from "socket.io";
import { serveCommands } from "../src/harness/child.ts";

/** The adapter's own table, as its documentation gives it. */
const ATTACHMENTS = `
create table if not exists socket_io_attachments (
  id bigserial unique, created_at timestamptz default now(), payload bytea
)`;

const commands = {
  start: async ({ databaseUrl }: { databaseUrl: string }) => {
    const pool = new Pool({ connectionString: databaseUrl, max: 10 });
    await pool.query(ATTACHMENTS);
    const server = createServer();
    const io = new Server(server, { transports: ["websocket"], adapter: createAdapter(pool) });
    io.on("connection", (socket) => {
      socket.on("join", async (id: string, joined: () => void) => {
        await socket.join(id);
        joined();
      });
      socket.on("event", (id: string, fact: unknown, taken?: () => void) => {
        io.to(id).emit("event", fact);
        taken?.();
      });
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
  },
};

serveCommands(commands);
