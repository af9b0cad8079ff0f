import { Client } from "pg";
import { LeftOut } from "./check.ts";
import { reasonOf } from "./explain.ts";
import { secretOf, type Target } from "./target.ts";

const CONNECT_MS = 6_000;
const QUERY_MS = 5_000;

/** The database cannot be used; the message says why. */
export class NoDatabase extends Error {
  override name = "NoDatabase";
}

const REFUSALS: Record<string, string> = {
  "28P01": "it refuses the password",
  "28000": "it refuses the user",
  "3D000": "there is no database of that name",
  "53300": "it has no connection left",
  XX000: "the pooler refuses: is the user's name complete (postgres.PROJECT)?",
};

/** Opens one connection for `work` and closes it. @throws NoDatabase */
export const withDatabase = async <T>(target: Target, work: (client: Client) => Promise<T>): Promise<T> => {
  const connectionString = secretOf(target, "DatabaseUrl");
  if (!URL.canParse(connectionString)) throw new LeftOut("a valid DatabaseUrl");
  const client = new Client({
    connectionString,
    connectionTimeoutMillis: CONNECT_MS,
    query_timeout: QUERY_MS,
    application_name: "leo-doctor",
  });
  // A connection that is cut tells the query under way as well.
  client.on("error", () => undefined);
  try {
    await client.connect();
  } catch (error) {
    const { code = "" } = error as { code?: string };
    throw new NoDatabase(REFUSALS[code] ?? reasonOf(error), { cause: error });
  }
  try {
    return await work(client);
  } finally {
    await client.end();
  }
};
