/** Which app's site a name is, and which files its visitors get: read from the database, and cached briefly. */
import { eq } from "drizzle-orm";
import { LRUCache } from "lru-cache";
import type { Id } from "@leo/core/id.ts";
import { LIMITS } from "@leo/core/limits.ts";
import type { SiteVisibility } from "@leo/core/site.ts";
import type { Context } from "../app-context.ts";
import { siteVersions } from "../db/schema.ts";
import type { SiteFile } from "../db/schema/sites.ts";
import { siteToken } from "./address.ts";

/** Files of one published version. They never change. */
export interface SiteVersion {
  id: Id;
  prefix: string;
  clientRoutes: boolean;
}

/** What a name leads to. */
export type ResolvedSite =
  | { kind: "none" }
  /** The app has another name now. */
  | { kind: "moved"; slug: string }
  | { kind: "unpublished" }
  | { kind: "taken_down" }
  | {
      kind: "live";
      appId: Id;
      live: SiteVersion;
      /** Earlier versions, newest first: pages of theirs may still be open. */
      earlier: SiteVersion[];
      noindex: boolean;
      /** Only visitors with this token see the site; undefined: everybody does. */
      token?: string;
    };

interface Row {
  appId: string;
  slug: string;
  visibility: SiteVisibility;
  linkKey: string;
  noindex: boolean;
  wasPublished: boolean;
  isTakenDown: boolean;
  live: SiteVersion | null;
  earlier: SiteVersion[] | null;
}

const VERSION = `jsonb_build_object('id', v.id, 'prefix', v.prefix, 'clientRoutes', v.client_routes)`;

const FIND = `
select s.app_id as "appId", present.slug, s.visibility, s.link_key as "linkKey", s.noindex,
       s.published_at is not null as "wasPublished", s.taken_down_at is not null as "isTakenDown",
       (select ${VERSION} from leo.site_versions v where v.id = s.live_id and v.state = 'ready') as live,
       (select jsonb_agg(${VERSION}) from (
          select * from leo.site_versions e
          where e.app_id = s.app_id and e.state = 'ready' and e.retired_at is not null
          order by e.retired_at desc limit ${LIMITS.siteVersionsHeld}
        ) v) as earlier
from leo.site_addresses asked
join leo.sites s on s.app_id = asked.app_id
join leo.apps a on a.id = s.app_id and a.deleted_at is null
join leo.site_addresses present on present.app_id = s.app_id and present.former_until is null
where asked.slug = $1 and (asked.former_until is null or asked.former_until > $2)`;

const find = async ({ database, now }: Context, slug: string): Promise<ResolvedSite> => {
  const { rows } = await database.pool.query<Row>({ name: "site", text: FIND, values: [slug, now()] });
  const [row] = rows;
  if (!row?.wasPublished) return { kind: "none" };
  if (row.slug !== slug) return { kind: "moved", slug: row.slug };
  if (row.isTakenDown) return { kind: "taken_down" };
  if (!row.live) return { kind: "unpublished" };
  const { appId, live, earlier, noindex, visibility, linkKey } = row;
  const token = visibility === "link" ? siteToken(linkKey, appId) : undefined;
  return { kind: "live", appId, live, earlier: earlier ?? [], noindex, token };
};

/** NOTIFY reports a change; if it is lost, the change takes effect after this. Unpublishing takes two seconds at most. */
const FRESH_MS = 1_500;
const NAMES_MAX = 10_000;
const LISTS_MAX_BYTES = 32 * 1024 * 1024;
/** What a file costs in a list, in addition to its path. */
const ENTRY_BYTES = 250;

export type FilesOfVersion = ReadonlyMap<string, SiteFile>;

export interface Sites {
  /** At most `FRESH_MS` old. */
  find(slug: string): Promise<ResolvedSite>;
  files(version: SiteVersion): Promise<FilesOfVersion>;
  /** The name's site has changed. */
  forget(slug: string): void;
  forgetAll(): void;
}

export const createSites = (context: Context): Sites => {
  const found = new LRUCache<string, Promise<ResolvedSite>>({ max: NAMES_MAX, ttl: FRESH_MS });
  const lists = new LRUCache<string, FilesOfVersion>({
    maxSize: LISTS_MAX_BYTES,
    sizeCalculation: (files) =>
      [...files.keys()].reduce((sum, path) => sum + path.length + ENTRY_BYTES, ENTRY_BYTES),
  });
  const reading = new Map<string, Promise<FilesOfVersion>>();

  const readList = async ({ id }: SiteVersion): Promise<FilesOfVersion> => {
    const [row] = await context.database.orm
      .select({ files: siteVersions.files })
      .from(siteVersions)
      .where(eq(siteVersions.id, id));
    const files = new Map((row?.files ?? []).map((file) => [file.path, file]));
    // A missing one was replaced long ago; its name is about to be read again.
    if (row) lists.set(id, files);
    return files;
  };

  return {
    find: (slug) => {
      const known = found.get(slug);
      if (known) return known;
      const asked = find(context, slug);
      found.set(slug, asked);
      // A failed read is tried again.
      asked.catch(() => found.peek(slug) === asked && found.delete(slug));
      return asked;
    },
    files: async (version) => {
      const known = lists.get(version.id);
      if (known) return known;
      const asked = reading.get(version.id) ?? readList(version).finally(() => reading.delete(version.id));
      reading.set(version.id, asked);
      return asked;
    },
    forget: (slug) => void found.delete(slug),
    forgetAll: () => found.clear(),
  };
};
