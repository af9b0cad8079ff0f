/** Removes files no site needs: those of aborted publishes, and of versions replaced long ago. */
import { and, eq } from "drizzle-orm";
import { LIMITS } from "@leo/core/limits.ts";
import type { Context } from "../app-context.ts";
import { siteVersions } from "../db/schema.ts";
import { removeCopied } from "../version/copied-files.ts";
import { freeFormerSlugs } from "./slug.ts";

const COPIES_PER_PASS = 20;
/** A page that stays open longer than this after its version was replaced finds at most the last five. */
const RETIRED_MS = 3_600_000;

/** Left behind before they were ready, or older than those that a site holds on to. The live one is never among them. */
const UNNEEDED = `
with ranked as (
  select v.id, row_number() over (partition by v.app_id order by v.retired_at desc nulls first, v.id desc) as place
  from leo.site_versions v join leo.sites s on s.app_id = v.app_id
  where v.state = 'ready' and v.id is distinct from s.live_id
), unneeded as (
  select v.id from leo.site_versions v left join ranked r on r.id = v.id
  where (v.state <> 'ready' and v.copy_until < $1)
     or (r.place > ${LIMITS.siteVersionsHeld} and v.retired_at < $2)
  limit ${COPIES_PER_PASS}
)
update leo.site_versions v set state = 'removing', copy_until = $3
from leo.sites s
where v.id in (select id from unneeded) and s.app_id = v.app_id and v.id is distinct from s.live_id
  -- Of a row that was just made live this does not hold any more, when its lock is released.
  and ((v.state <> 'ready' and v.copy_until < $1) or v.retired_at < $2)
returning v.id, v.prefix`;

/**
 * Marks copies first, so that nobody publishes what is about to go; then removes the objects, then the row. A pass
 * that dies in between is completed by a later one. Safe to run in several processes at once.
 * @returns how many copies were removed
 */
export const removeSiteCopies = async (context: Context): Promise<number> => {
  const { database, now } = context;
  const at = now();
  await freeFormerSlugs(database.orm, at);
  const { rows } = await database.pool.query<{ id: string; prefix: string }>({
    name: "unneeded-site-copies",
    text: UNNEEDED,
    // Another pass takes over a removal that has not ended by then.
    values: [at, new Date(at.getTime() - RETIRED_MS), new Date(at.getTime() + RETIRED_MS)],
  });
  for (const { id, prefix } of rows) {
    await removeCopied(context, prefix);
    await database.orm
      .delete(siteVersions)
      .where(and(eq(siteVersions.id, id), eq(siteVersions.state, "removing")));
  }
  return rows.length;
};
