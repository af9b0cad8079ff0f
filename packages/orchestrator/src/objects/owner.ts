/**
 * Which database a bucket belongs to. A database that doesn't know the objects in a bucket would take them all for
 * strays: one that was restored or created afresh, or another stage's, configured by mistake. So the first database
 * that walks through a bucket leaves its id there, and no other removes anything.
 */
import { z } from "zod";
import { Id } from "@leo/core/id.ts";
import type { Context } from "../app-context.ts";

/** Beside `apps/`: no generator can create it, and nothing expires it. */
const KEY = "leo/database.json";
const MAX_BYTES = 1_000;

const Owner = z.object({ databaseId: Id });

const readOwner = async ({ storage }: Pick<Context, "storage">) => {
  const text = await storage.readText(KEY, MAX_BYTES);
  return text === undefined ? undefined : Owner.parse(JSON.parse(text));
};

/**
 * Claims the bucket for this database, if it is unclaimed.
 * @returns since when the bucket is this database's, by the bucket's own clock; undefined when it is another's
 */
export const bucketOwnedSince = async (
  context: Pick<Context, "storage">,
  databaseId: string,
): Promise<Date | undefined> => {
  const { storage } = context;
  if (!(await readOwner(context)))
    await storage.write(KEY, JSON.stringify({ databaseId }), "application/json");
  // Read again: when two found it unclaimed, the last to write owns it.
  const owner = await readOwner(context);
  if (owner?.databaseId !== databaseId) return undefined;
  for await (const { key, modifiedAt } of storage.list(KEY)) if (key === KEY) return modifiedAt;
  return undefined;
};
