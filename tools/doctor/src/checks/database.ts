import type { Client } from "pg";
import { databaseUrlProblem } from "../../../preflight/problems.ts";
import type { Check } from "../check.ts";
import { failure, type Finding, ok } from "../finding.ts";
import { NoDatabase, withDatabase } from "../database.ts";
import { isFull } from "../room.ts";
import { secretOf, type Target } from "../target.ts";

const MAJOR_MIN = 14;

/**
 * A setting outlives its transaction in a session; behind a transaction pooler it's lost, or another client's.
 * The pooler may return the same connection twice by chance, so this proves only the bad case.
 */
const keepsSession = async (client: Client): Promise<boolean> => {
  await client.query("set leo.doctor = 'kept'");
  for (let attempt = 0; attempt < 5; attempt += 1) {
    const { rows } = await client.query<{ value: string | null }>(
      "select current_setting('leo.doctor', true) as value",
    );
    if (rows[0]?.value !== "kept") return false;
  }
  return true;
};

const look = async (client: Client): Promise<Finding[]> => {
  const { rows } = await client.query<{ version: number }>(
    "select current_setting('server_version_num')::int / 10000 as version",
  );
  const [{ version } = { version: 0 }] = rows;
  if (version < MAJOR_MIN)
    return [failure(`it is PostgreSQL ${version}`, `Leo needs ${MAJOR_MIN} or newer.`)];
  if (!(await keepsSession(client))) {
    return [
      failure(
        "it does not keep a session, so LISTEN and advisory locks are lost",
        "Use the session pooler (port 5432).",
      ),
    ];
  }
  return [ok(`PostgreSQL ${version}, keeps sessions`)];
};

/** A stage's URL has rules of its own; Leo creates the local cloud's. */
const urlProblem = (target: Target) => target.stage && databaseUrlProblem(secretOf(target, "DatabaseUrl"));

export const databaseCheck: Check = {
  name: "database",
  run: async (target) => {
    const problem = urlProblem(target);
    if (problem) return [failure(`DatabaseUrl ${problem.what}`, `${problem.advice}.`)];
    try {
      return await withDatabase(target, look);
    } catch (error) {
      if (!(error instanceof NoDatabase)) throw error;
      const advice = isFull(error.cause)
        ? "Raise the pool size in Supabase (Database, Connection pooling), or see who else connects."
        : "Is the project paused, or DatabaseUrl wrong?";
      return [failure(`it can't be used: ${error.message}`, advice)];
    }
  },
};
