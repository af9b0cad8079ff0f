/** Whether the stage's database answers, before anything is built or started. */
import { networkProblem, plainMessage } from "@leo/core/explain.ts";
import { Client } from "pg";
import { StartError } from "../start-error.ts";

const CONNECT_MS = 10_000;

/** PostgreSQL's own refusals. */
const REASONS: Record<string, string> = {
  "28P01": "it rejects the password",
  "28000": "it rejects the user",
  "3D000": "there is no database of that name",
  "53300": "it has no connection left",
};

/** Where a database is, for people: its name, host and port, never a password. */
export const databasePlace = (databaseUrl: string): string => {
  const { hostname, port, pathname } = new URL(databaseUrl);
  return `${decodeURIComponent(pathname.slice(1)) || "postgres"} at ${hostname}:${port || "5432"}`;
};

/** @throws StartError when it cannot be used */
export const checkDatabase = async (databaseUrl: string, stage: string): Promise<void> => {
  const client = new Client({ connectionString: databaseUrl, connectionTimeoutMillis: CONNECT_MS });
  // A connection that is cut while it is being closed has served its purpose.
  client.on("error", () => undefined);
  try {
    await client.connect();
    await client.query("select 1");
  } catch (cause) {
    const { code = "" } = cause as NodeJS.ErrnoException;
    const reason = REASONS[code] ?? networkProblem(cause) ?? plainMessage(cause);
    throw new StartError(
      `The database ${databasePlace(databaseUrl)} cannot be used: ${reason}. ` +
        `Correct the secret: npx sst secret set DatabaseUrl … --stage ${stage}`,
      { cause },
    );
  } finally {
    await client.end();
  }
};
