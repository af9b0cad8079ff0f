/** What the pool's connections and the one that listens have in common. */
import { Socket } from "node:net";
import type { Client, ClientBase, ClientConfig } from "pg";
import type { DatabaseTimes } from "../timeouts.ts";
import { SERVICE_ROLE } from "./schema/policies.ts";

/** A quiet connection to a machine that is gone is found out in this and ten seconds more; the system's default is two hours. */
const KEEP_ALIVE_MS = 10_000;
/** PostgreSQL's own 4 is that of disks that turn: with it the planner reads whole tables where an index is quicker. */
const RANDOM_PAGE_COST = 1.1;

/** Names of connections, by which the database's operator and the doctor know whose they are. */
export type ConnectionName = "leo-orchestrator" | "leo-listener" | "leo-migration";

export const connectionOptions = (url: string, name: ConnectionName, connectMs: number): ClientConfig => ({
  connectionString: url,
  connectionTimeoutMillis: connectMs,
  keepAlive: true,
  keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
  application_name: name,
});

/**
 * Gives a connection up once nothing has come or gone on it for so long. What was asked on it fails at once,
 * nothing can be asked on it any more, and the pool drops it: no later user finds a transaction open or
 * somebody else's answer. TCP's keep-alive does not see to that: it is silent while data wait for an
 * acknowledgement, which they do for a quarter of an hour.
 */
const dropWhenSilent = (client: ClientBase, silentMs: number): void => {
  const { stream } = (client as Client).connection;
  if (!(stream instanceof Socket)) throw new TypeError("the database is not reached through a socket");
  stream.setTimeout(silentMs, () =>
    stream.destroy(new Error(`the database has been silent for ${silentMs / 1000} s`)),
  );
};

/**
 * Puts a new connection of the database's owner into Leo's role, with limits on both sides. By statements: a
 * pooler in between refuses settings as parameters of the connection.
 */
export const becomeService = async (
  client: ClientBase,
  name: ConnectionName,
  times: DatabaseTimes,
): Promise<void> => {
  dropWhenSilent(client, times.silentMs);
  await client.query(
    `set application_name = '${name}'; set statement_timeout = ${times.statementMs}; set idle_in_transaction_session_timeout = ${times.idleInTransactionMs};
     set random_page_cost = ${RANDOM_PAGE_COST}; set role ${SERVICE_ROLE}`,
  );
};
