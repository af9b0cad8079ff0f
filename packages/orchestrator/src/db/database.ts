import { fileURLToPath } from "node:url";
import { sql } from "drizzle-orm";
import { drizzle, type NodePgDatabase } from "drizzle-orm/node-postgres";
import { migrate } from "drizzle-orm/node-postgres/migrator";
import { Client, Pool, type ClientBase } from "pg";
import { SERVICE_ROLE, USER_ROLE, USER_SETTING } from "./policies.ts";
import { closeSchema, createRoles } from "./roles.ts";
import * as schema from "./schema.ts";

/** Runs SQL: a pool or one connection. */
export type Queryable = Pick<ClientBase, "query">;

export interface Database {
  /** Every connection is `leo_service`: Leo's own work, which sees all rows. */
  pool: Pool;
  /** The same pool. */
  orm: NodePgDatabase<typeof schema>;
  /**
   * One transaction as `leo_user`, in which only this user's rows exist. Whatever serves a user's
   * request runs here. Keep it short: it holds a connection, so it must wait for no other one.
   * @param work gets the transaction twice: for the ORM and for plain SQL
   */
  asUser: <T>(userId: string, work: (orm: Orm, client: Queryable) => Promise<T>) => Promise<T>;
  close(): Promise<void>;
}

/** Either the database itself or one of its transactions. */
export type Orm = Pick<
  NodePgDatabase<typeof schema>,
  "select" | "selectDistinctOn" | "insert" | "update" | "delete" | "execute" | "query"
>;

const MIGRATIONS = fileURLToPath(new URL("../../migrations", import.meta.url));
/** Any fixed number: whoever holds it migrates, everyone else waits. */
const MIGRATION_LOCK = 501_301;
/** A process that hangs or whose machine is lost in a transaction must not hold its locks for ever. */
const IDLE_IN_TRANSACTION_MS = 30_000;
/** A quiet connection to a machine that is gone is found out in this and ten seconds more; the system's default is two hours. */
export const KEEP_ALIVE_MS = 10_000;
/** PostgreSQL's own 4 is that of disks that turn: with it the planner reads whole tables where an index is quicker. */
const RANDOM_PAGE_COST = 1.1;

/**
 * Puts a new connection of the database's owner into Leo's role. By statements: a pooler in between
 * refuses settings as parameters of the connection.
 */
export const becomeService = (client: ClientBase) =>
  client.query(
    `set idle_in_transaction_session_timeout = ${IDLE_IN_TRANSACTION_MS}; set random_page_cost = ${RANDOM_PAGE_COST}; set role ${SERVICE_ROLE}`,
  );

const runAsUser =
  (pool: Pool): Database["asUser"] =>
  async (userId, work) => {
    const client = await pool.connect();
    let isBroken = false;
    try {
      // All at once, and only until the transaction ends.
      await client.query(
        `begin; set local role ${USER_ROLE}; select set_config('${USER_SETTING}', ${client.escapeLiteral(userId)}, true)`,
      );
      const result = await work(drizzle(client, { schema }), client);
      await client.query("commit");
      return result;
    } catch (cause) {
      await client.query("rollback").catch(() => (isBroken = true));
      throw cause;
    } finally {
      client.release(isBroken);
    }
  };

/**
 * A step of Leo's own inside a user's transaction, such as setting money aside, for which the user's
 * role has no rights. The transaction is the user's again after; a step that fails ends it.
 */
export const asService = async <T>(orm: Orm, step: () => Promise<T>): Promise<T> => {
  await orm.execute(sql`select set_config('role', ${SERVICE_ROLE}, true)`);
  const result = await step();
  await orm.execute(sql`select set_config('role', ${USER_ROLE}, true)`);
  return result;
};

/**
 * Opens a pool on a migrated database. Connections are made on first use.
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
    keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
    application_name: "leo-orchestrator",
    // The pool waits for its promise, which its types do not say.
    onConnect: becomeService as (client: ClientBase) => void,
  });
  // Every connection has the listener below; the pool repeats what idle ones said.
  pool.on("error", () => undefined);
  // Without it, a connection cut while in use would end the process.
  pool.on("connect", (client) => client.on("error", onConnectionError));
  return { pool, orm: drizzle(pool, { schema }), asUser: runAsUser(pool), close: () => pool.end() };
};

/**
 * Brings schema `leo`, its roles and their rights up to date, as the role that the URL names. Safe to
 * run from several processes at once.
 */
export const migrateDatabase = async (url: string): Promise<void> => {
  const client = new Client({
    connectionString: url,
    connectionTimeoutMillis: 10_000,
    application_name: "leo-migration",
  });
  await client.connect();
  try {
    // A pooler may hand over a connection that was somebody else's.
    await client.query("reset role");
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
