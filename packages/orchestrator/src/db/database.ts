import { fileURLToPath } from "node:url";
import { drizzle, type NodePgDatabase } from "drizzle-orm/node-postgres";
import { migrate } from "drizzle-orm/node-postgres/migrator";
import { Client, Pool, type ClientBase, type PoolClient } from "pg";
import { DATABASE_TIMES, type DatabaseTimes } from "../timeouts.ts";
import { becomeService, connectionOptions } from "./connection.ts";
import { closeSchema, createRoles } from "./roles.ts";
import * as schema from "./schema.ts";

/** Runs SQL: a pool or one connection. */
export type Queryable = Pick<ClientBase, "query">;

/** Either the database itself or one of its transactions. */
export type Orm = Pick<
  NodePgDatabase<typeof schema>,
  "select" | "selectDistinctOn" | "insert" | "update" | "delete" | "execute" | "query"
>;

/** A transaction's one connection: for the ORM and for plain SQL. */
export interface Tx {
  orm: Orm;
  client: Queryable;
}

export interface Database {
  /** Every connection is `leo_service`: Leo's own work, which sees all rows. */
  pool: Pool;
  /** The same pool. */
  orm: Orm;
  /**
   * One transaction on a connection of its own. Only `tx` calls it, which knows whose it is.
   * @param first SQL that travels with the `begin`
   */
  begin: <T>(first: string, work: (tx: Tx) => Promise<T>) => Promise<T>;
  close(): Promise<void>;
}

const MIGRATIONS = fileURLToPath(new URL("../../migrations", import.meta.url));
/** Any fixed number: whoever holds it migrates, everyone else waits. */
const MIGRATION_LOCK = 501_301;

/**
 * Transactions on a pool. The driver's own (`orm.transaction`) would keep a connection for ever whose
 * `begin` fails. A connection that may still be in a transaction never goes back to the pool.
 */
const transactions = (pool: Pool): Database["begin"] => {
  /** Made once a connection: it works out the relations of the whole schema. */
  const orms = new WeakMap<PoolClient, Orm>();
  const ormOf = (client: PoolClient): Orm => {
    const orm = orms.get(client) ?? drizzle(client, { schema });
    orms.set(client, orm);
    return orm;
  };
  return async (first, work) => {
    const client = await pool.connect();
    let isBroken = false;
    try {
      await client.query(`begin; ${first}`);
      const result = await work({ orm: ormOf(client), client });
      const { command } = await client.query("commit");
      // PostgreSQL answers so, and not with an error, when a statement had failed and somebody went on.
      if (command === "ROLLBACK")
        throw new Error("nothing was committed: a statement of the transaction failed");
      return result;
    } catch (cause) {
      await client.query("rollback").catch(() => (isBroken = true));
      throw cause;
    } finally {
      client.release(isBroken);
    }
  };
};

/**
 * Opens a pool on a migrated database. Connections are made on first use.
 * @param onConnectionError told of lost connections, such as at a restart of the server
 */
export const openDatabase = (
  url: string,
  poolSize: number,
  onConnectionError: (error: Error) => void,
  times: DatabaseTimes = DATABASE_TIMES,
): Database => {
  const pool = new Pool({
    ...connectionOptions(url, "leo-orchestrator", times.connectMs),
    max: poolSize,
    idleTimeoutMillis: times.idleMs,
    // The pool waits for its promise, which its types do not say.
    onConnect: (client): unknown => becomeService(client, "leo-orchestrator", times),
  });
  // Every connection has the listener below; the pool repeats what idle ones said.
  pool.on("error", () => undefined);
  // Without it, a connection cut while in use would end the process.
  pool.on("connect", (client) => client.on("error", onConnectionError));
  return {
    pool,
    orm: drizzle(pool, { schema }),
    begin: transactions(pool),
    close: () => pool.end(),
  };
};

/**
 * Brings schema `leo`, its roles and their rights up to date, as the role that the URL names. Safe to
 * run from several processes at once.
 */
export const migrateDatabase = async (url: string): Promise<void> => {
  // A migration takes as long as it takes, and waits for one that another process runs.
  const client = new Client(connectionOptions(url, "leo-migration", DATABASE_TIMES.connectMs));
  await client.connect();
  try {
    // A pooler may hand over a connection that was somebody else's.
    await client.query("reset all; reset role");
    await client.query("select pg_advisory_lock($1)", [MIGRATION_LOCK]);
    await createRoles(client);
    await migrate(drizzle(client), { migrationsFolder: MIGRATIONS, migrationsSchema: "leo" });
    await closeSchema(client);
  } finally {
    try {
      // It ends with the session, but a pooler may keep that.
      await client.query("select pg_advisory_unlock_all()");
    } finally {
      await client.end();
    }
  }
};
