import type { Logger } from "pino";
import type { Config } from "./config.ts";
import type { Database } from "./db/database.ts";
import type { Storage } from "./storage.ts";

/** What every part of the orchestrator works with; made once in `server.ts`. */
export interface Context {
  config: Config;
  database: Database;
  storage: Storage;
  log: Logger;
  /** The clock; injected so that tests decide what time it is. */
  now: () => Date;
}
