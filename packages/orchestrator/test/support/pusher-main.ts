/** A process that only pushes, for a test to kill: settings as JSON in LEO_TEST_CONFIG. */
import { pino } from "pino";
import type { Config } from "../../src/config.ts";
import { openDatabase } from "../../src/db/database.ts";
import { startPushing } from "../../src/github/worker.ts";
import { openStorage } from "../../src/storage/s3.ts";

const config = JSON.parse(process.env["LEO_TEST_CONFIG"] ?? "{}") as Config;
const database = openDatabase(config.DATABASE_URL, 4, () => undefined);
const storage = openStorage(config);
const log = pino({ level: "silent" });
startPushing({ config, database, storage, log, now: () => new Date() }, { random: Math.random });
