import type { Logger } from "pino";
import type { Config } from "./config.ts";
import type { Database } from "./db/database.ts";
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
 * What serves one signed-in user. Its transactions (`tx`) hold only this user's rows; a step that needs
 * Leo's own rights says so (`asActor`).
 */
export interface UserContext extends Omit<Context, "database"> {
  userId: string;
  database: Pick<Database, "begin">;
}

export const userContext = (
  { config, database: { begin }, storage, log, now }: Context,
  userId: string,
): UserContext => ({ config, database: { begin }, storage, log, now, userId });
