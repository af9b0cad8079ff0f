import type { Logger } from "pino";
import type { Config } from "./config.ts";
import type { Database, Orm, Queryable } from "./db/database.ts";
import type { Storage } from "./storage/storage.ts";

/** What every part of the orchestrator works with; made once in `server.ts`. */
export interface Context {
  config: Config;
  database: Database;
  storage: Storage;
  log: Logger;
  /** The clock; injected so that tests decide what time it is. */
  now: () => Date;
}

/**
 * What serves one signed-in user. It holds no way to the rows of others: what a request needs beyond
 * its user's rows is one of the named parts of `http/parts.ts`.
 */
export interface UserContext extends Omit<Context, "database"> {
  userId: string;
  /** One transaction in which only this user's rows exist; see `Database.asUser`. */
  transaction: <T>(work: (orm: Orm, client: Queryable) => Promise<T>) => Promise<T>;
}

export const userContext = ({ database, ...rest }: Context, userId: string): UserContext => ({
  ...rest,
  userId,
  transaction: (work) => database.asUser(userId, work),
});
