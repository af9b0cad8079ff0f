import { openDatabase, type Database } from "../../src/db/database.ts";
import { DATABASE_TIMES } from "../../src/timeouts.ts";

/** A test's own limit ends it before this. */
const PATIENT_MS = 600_000;

/**
 * Opens a database for a test that is not about its times: on a busy machine, work that was begun all at once
 * waits longer for a connection than a server may let its users wait.
 */
export const openTestDatabase = (databaseUrl: string, poolSize = 10): Database =>
  openDatabase(databaseUrl, poolSize, () => undefined, { ...DATABASE_TIMES, connectMs: PATIENT_MS });
