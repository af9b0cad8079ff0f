import { Client } from "pg";
import { LeftOut } from "./finding.ts";
import { reasonOf } from "@leo/core/explain.ts";
import { isFull } from "./room.ts";
import { secretOf, type Target } from "./target.ts";

const CONNECT_MS = 6_000;
const QUERY_MS = 5_000;

/** The database can't be used; the message says why. */
export class NoDatabase extends Error {
  override name = "NoDatabase";
}

const REFUSALS: Record<string, string> = {
  "28P01": "it refuses the password",
  "28000": "it refuses the user",
  "3D000": "there is no database of that name",
  XX000: "the pooler refuses: is the user's name complete (postgres.PROJECT)?",
};

const reasonOfRefusal = (cause: unknown): string => {
  if (isFull(cause)) return "it has no connection left";
  return REFUSALS[(cause as { code?: string }).code ?? ""] ?? reasonOf(cause);
};

/** One more connection, which the caller closes. @throws the driver's errors */
export const openConnection = async (connectionString: string, connectMs = CONNECT_MS): Promise<Client> => {
  const client = new Client({
    connectionString,
    connectionTimeoutMillis: connectMs,
    query_timeout: QUERY_MS,
    application_name: "leo-doctor",
  });
  // Losing the connection also fails the current query.
  client.on("error", () => undefined);
  await client.connect();
  return client;
};

/** The last use of a target's database, and why it can't be used, if so. */
interface Door {
  last: Promise<unknown>;
  closed?: NoDatabase;
}
const doors = new WeakMap<Target, Door>();

/**
 * Opens one connection for `work` and closes it. Checks take turns: if connections are scarce, the doctor must
 * not take several at once from the service it's checking, or count its own as someone else's.
 * @throws NoDatabase
 */
export const withDatabase = async <T>(target: Target, work: (client: Client) => Promise<T>): Promise<T> => {
  const connectionString = secretOf(target, "DatabaseUrl");
  if (!URL.canParse(connectionString)) throw new LeftOut("a valid DatabaseUrl");
  const door = doors.get(target) ?? { last: Promise.resolve() };
  doors.set(target, door);

  const use = async (): Promise<T> => {
    if (door.closed) throw door.closed;
    const client = await openConnection(connectionString).catch((cause: unknown) => {
      door.closed = new NoDatabase(reasonOfRefusal(cause), { cause });
      throw door.closed;
    });
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  };
  const used = door.last.then(use);
  // The next caller waits for this one, however it ends.
  door.last = used.catch(() => undefined);
  return used;
};
