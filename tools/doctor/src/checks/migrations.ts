import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import path from "node:path";
import type { Client } from "pg";
import { z } from "zod";
import type { Check } from "../check.ts";
import { failure, type Finding, LeftOut, ok, warning, WORKING_DATABASE } from "../finding.ts";
import { NoDatabase, withDatabase } from "../database.ts";
import { ROOT } from "../root.ts";

const Journal = z.object({ entries: z.array(z.object({ tag: z.string(), when: z.number() })) });

interface Migration {
  tag: string;
  /** drizzle-kit's timestamp, which the table keeps as well. */
  when: number;
  /** As drizzle-orm computes it. */
  hash: string;
}

/** The migrations of this checkout, oldest first. */
export const readMigrations = async (folder: string): Promise<Migration[]> => {
  const journal = Journal.parse(JSON.parse(await readFile(path.join(folder, "meta/_journal.json"), "utf8")));
  return Promise.all(
    journal.entries.map(async ({ tag, when }) => {
      const text = await readFile(path.join(folder, `${tag}.sql`), "utf8");
      return { tag, when, hash: createHash("sha256").update(text).digest("hex") };
    }),
  );
};

/** Applied migrations: time → hash. Empty if Leo has never started. */
const readApplied = async (client: Client): Promise<Map<number, string>> => {
  const { rows: found } = await client.query<{ table: string | null }>(
    "select to_regclass('leo.__drizzle_migrations')::text as table",
  );
  if (!found[0]?.table) return new Map();
  const { rows } = await client.query<{ created_at: string; hash: string }>(
    "select created_at, hash from leo.__drizzle_migrations",
  );
  return new Map(rows.map((row) => [Number(row.created_at), row.hash]));
};

const names = (migrations: Migration[]) => migrations.map(({ tag }) => tag).join(", ");

/** Compares the table with the checkout's migrations. A pure function. */
export const compare = (
  known: Migration[],
  applied: ReadonlyMap<number, string>,
  isUp: boolean,
): Finding[] => {
  const newest = Math.max(...known.map(({ when }) => when), 0);
  if ([...applied.keys()].some((when) => when > newest)) {
    return [
      warning(
        "the database is newer than this checkout",
        "Pull before you deploy: old code may not know it.",
      ),
    ];
  }
  const changed = known.filter(({ when, hash }) => applied.has(when) && applied.get(when) !== hash);
  if (changed.length > 0) {
    return [
      failure(
        `${names(changed)}: applied in a different form than in this checkout`,
        "An applied migration must never be edited; restore it and add a new one.",
      ),
    ];
  }
  const pending = known.filter(({ when }) => !applied.has(when));
  if (pending.length === 0) return [ok(`all ${known.length} migrations are applied`)];
  const count = `${pending.length} of ${known.length} migrations are not applied: ${names(pending)}`;
  if (!isUp) return [ok(`${count}; the first start applies them`)];
  return [warning(count, "The next deploy applies them before the new orchestrator serves anyone.")];
};

/** @param folder of drizzle-kit's migrations */
export const migrationsCheck = (
  folder: string = path.join(ROOT, "packages/orchestrator/migrations"),
): Check => ({
  name: "migrations",
  run: async (target) => {
    const known = await readMigrations(folder);
    try {
      return compare(known, await withDatabase(target, readApplied), target.isUp);
    } catch (error) {
      if (!(error instanceof NoDatabase)) throw error;
      throw new LeftOut(WORKING_DATABASE, { cause: error });
    }
  },
});
