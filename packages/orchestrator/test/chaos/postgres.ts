import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { startPostgres, THROWAWAY_SETTINGS } from "@leo/local/postgres.ts";
import { startBalancer, type Balancer } from "./balancer.ts";

export interface OwnPostgres {
  url: string;
  door: Balancer;
  /** `fast` ends its clients and writes a checkpoint; `crash` does neither, and the next start recovers. */
  restart: (how: "fast" | "crash") => Promise<void>;
}

/** Loses nothing when the process dies: only the machine's disk is trusted. */
const SETTINGS = { ...THROWAWAY_SETTINGS, synchronous_commit: "on" };

/** Runs with a PostgreSQL of its own, which may be restarted, behind a door that may be shut. */
export const withOwnPostgres = async (run: (postgres: OwnPostgres) => Promise<void>): Promise<void> => {
  const directory = await mkdtemp(path.join(tmpdir(), "leo-chaos-postgres-"));
  const start = () => startPostgres({ dataDir: path.join(directory, "data"), settings: SETTINGS });
  let server = await start();
  const door = await startBalancer([server.port]);
  try {
    await run({
      url: `postgres://postgres@127.0.0.1:${door.port}/postgres`,
      door,
      restart: async (how) => {
        if (how === "fast") await server.stop();
        else {
          // PostgreSQL's immediate shutdown: every process quits where it stands.
          process.kill(server.pid, "SIGQUIT");
          await server.ended;
        }
        server = await start();
        door.backends.splice(0, 1, server.port);
      },
    });
  } finally {
    await door.close();
    await server.stop();
    await rm(directory, { recursive: true, force: true });
  }
};
