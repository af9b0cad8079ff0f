import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { freePort } from "./free-port.ts";
import { openLogFile, type LogFile } from "./log-file.ts";
import { postgresBinaries } from "./postgres/binaries.ts";
import { ensureCluster } from "./postgres/cluster.ts";
import { explainPostgres } from "./postgres/explain.ts";
import { endOrphan } from "./postgres/orphan.ts";
import { commandAs, unprivilegedAccount } from "./postgres/unprivileged.ts";

export interface PostgresOptions {
  /** Kept between runs; made when missing. */
  dataDir: string;
  /** Of the superuser `postgres`; decided when the cluster is made. None: local connections are trusted. */
  password?: string;
  /** A free one when absent. */
  port?: number;
  /** Server settings (`-c name=value`). */
  settings?: Record<string, string>;
  /** Where the server's log goes; none: it is dropped. */
  logFile?: string;
  /** Told of the server's process as soon as there is one. */
  onSpawn?: (pid: number) => void;
}

export interface Postgres {
  /** URL of a database in this server. */
  url: (database?: string) => string;
  port: number;
  pid: number;
  /** Settles when the server has ended, whatever the cause, with the exit code or the signal. */
  ended: Promise<string>;
  stop: () => Promise<void>;
}

/** Settings for tests: a crash may lose everything, so nothing waits for the disk. */
export const THROWAWAY_SETTINGS: Record<string, string> = {
  fsync: "off",
  synchronous_commit: "off",
  full_page_writes: "off",
  wal_level: "minimal",
  max_wal_senders: "0",
  autovacuum_naptime: "30s",
  max_connections: "400",
};

const READY = "database system is ready to accept connections";

/** Resolves when the server accepts connections, rejects with what it said when it ends first. */
const untilReady = async (child: ChildProcess, dataDir: string, log?: LogFile): Promise<void> =>
  new Promise((resolve, reject) => {
    let output = "";
    let ready = false;
    child.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
      log?.write(chunk);
      if (ready) return;
      output += chunk;
      if (!output.includes(READY)) return;
      ready = true;
      resolve();
    });
    child.once("error", (error) => reject(explainPostgres(error.message, dataDir)));
    child.once("close", () => {
      log?.close();
      reject(explainPostgres(output, dataDir));
    });
  });

/**
 * Starts a real PostgreSQL on a free loopback port.
 * @throws StartError with one sentence when the disk is full, the directory closed or the cluster damaged
 */
export const startPostgres = async (options: PostgresOptions): Promise<Postgres> => {
  const dataDir = path.resolve(options.dataDir);
  const account = await unprivilegedAccount();
  const [binaries, port] = await Promise.all([postgresBinaries(account), options.port ?? freePort()]);
  await endOrphan(dataDir);
  await ensureCluster(dataDir, binaries.initdb, account, options.password);
  const settings = {
    listen_addresses: "127.0.0.1",
    unix_socket_directories: "",
    lc_messages: "C",
    max_connections: "200",
    ...options.settings,
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const args = ["-D", dataDir, "-p", String(port), ...flags];
  const command = await commandAs(account, binaries.postgres, args, path.dirname(dataDir));
  const child = spawn(command.file, command.args, {
    ...command.account,
    env: { PATH: process.env.PATH, LC_ALL: "C" },
    stdio: ["ignore", "ignore", "pipe"],
    // A group of its own: Ctrl-C in the terminal must not end it before its clients.
    detached: process.platform !== "win32",
  });
  if (child.pid) options.onSpawn?.(child.pid);
  const ended = new Promise<string>((resolve) => {
    child.once("close", (code, signal) => resolve(signal ? `signal ${signal}` : `exit code ${code}`));
    child.once("error", (error) => resolve(error.message));
  });
  await untilReady(child, dataDir, options.logFile ? openLogFile(options.logFile) : undefined);
  const credential = options.password ? `postgres:${encodeURIComponent(options.password)}` : "postgres";
  return {
    url: (database = "postgres") => `postgres://${credential}@127.0.0.1:${port}/${database}`,
    port,
    pid: child.pid ?? 0,
    ended,
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      // SIGINT is PostgreSQL's "fast" shutdown: ends clients, writes a checkpoint, exits.
      child.kill("SIGINT");
      await once(child, "close");
    },
  };
};
