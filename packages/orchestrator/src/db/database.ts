import { fileURLToPath } from "node:url";
import { drizzle, type NodePgDatabase } from "drizzle-orm/node-postgres";
import { migrate } from "drizzle-orm/node-postgres/migrator";
import { Pool, type ClientBase } from "pg";
import * as schema from "./schema.ts";

export interface Database {
  pool: Pool;
  orm: NodePgDatabase<typeof schema>;
  close(): Promise<void>;
}

/** Either the database itself or one of its transactions. */
export type Orm = Pick<
  NodePgDatabase<typeof schema>,
  "select" | "insert" | "update" | "delete" | "execute" | "transaction" | "query"
>;

const MIGRATIONS = fileURLToPath(new URL("../../migrations", import.meta.url));
/** Any fixed number: whoever holds it migrates, everyone else waits. */
const MIGRATION_LOCK = 501_301;
/** A process that hangs or whose machine is lost in a transaction must not hold its locks for ever. */
const IDLE_IN_TRANSACTION_MS = 30_000;

/** By a statement: a pooler in between refuses the setting as a parameter of the connection. */
const setUpConnection = (client: ClientBase) =>
  client.query(`set idle_in_transaction_session_timeout = ${IDLE_IN_TRANSACTION_MS}`);

/**
 * Opens a pool. Connections are made on first use.
 * @param onConnectionError told of lost connections, such as at a restart of the server
 */
export const openDatabase = (
  url: string,
  poolSize: number,
  onConnectionError: (error: Error) => void,
): Database => {
  const pool = new Pool({
    connectionString: url,
    max: poolSize,
    connectionTimeoutMillis: 10_000,
    keepAlive: true,
    application_name: "leo-orchestrator",
    // The pool waits for its promise, which its types do not say.
    onConnect: setUpConnection as (client: ClientBase) => void,
  });
  // Every connection has the listener below; the pool repeats what idle ones said.
  pool.on("error", () => undefined);
  // Without it, a connection cut while in use would end the process.
  pool.on("connect", (client) => client.on("error", onConnectionError));
  return { pool, orm: drizzle(pool, { schema }), close: () => pool.end() };
};

/** Brings schema `leo` up to date. Safe to run from several processes at once. */
export const migrateDatabase = async (database: Database): Promise<void> => {
  const client = await database.pool.connect();
  try {
    await client.query("select pg_advisory_lock($1)", [MIGRATION_LOCK]);
    await migrate(drizzle(client), { migrationsFolder: MIGRATIONS, migrationsSchema: "leo" });
  } finally {
    await client.query("select pg_advisory_unlock($1)", [MIGRATION_LOCK]);
    client.release();
  }
};
