/** Apps at public addresses: what visitors get, under which name, from which files. */
import { sql } from "drizzle-orm";
import {
  bigint,
  boolean,
  check,
  foreignKey,
  index,
  integer,
  jsonb,
  text,
  unique,
  uniqueIndex,
  uuid,
} from "drizzle-orm/pg-core";
import type { ArtifactFile } from "@leo/core/artifact.ts";
import { SiteVisibility } from "@leo/core/site.ts";
import { isUser, isUsersApp, isUsersGeneration, serviceMay, userMay } from "./policies.ts";
import { at, leo, quoted } from "./columns.ts";
import { apps, generations } from "./runs.ts";

/** `copying` until all objects are there; `removing` while they go. Visitors get files of `ready` ones only. */
export const SITE_VERSION_STATES = ["copying", "ready", "removing"] as const;

/** A built file of a site. `hashed`: its name changes with its content, so that browsers may keep it for good. */
export interface SiteFile extends ArtifactFile {
  hashed?: true;
}

/** The files of a version, copied to a prefix of their own, where nothing expires. */
export const siteVersions = leo.table(
  "site_versions",
  {
    id: uuid("id").primaryKey(),
    appId: uuid("app_id")
      .notNull()
      .references(() => apps.id, { onDelete: "cascade" }),
    ownerId: uuid("owner_id").notNull(),
    generationId: uuid("generation_id")
      .notNull()
      .references(() => generations.id, { onDelete: "cascade" }),
    state: text("state").$type<(typeof SITE_VERSION_STATES)[number]>().notNull().default("copying"),
    prefix: text("prefix").notNull(),
    files: jsonb("files").$type<SiteFile[]>().notNull(),
    /** Its pages exist in its script only: any address is its `index.html`. */
    clientRoutes: boolean("client_routes").notNull().default(false),
    sizeBytes: bigint("size_bytes", { mode: "number" }).notNull(),
    createdAt: at("created_at").notNull(),
    /** A copy that is not ready by then was left behind, and is removed. */
    copyUntil: at("copy_until").notNull(),
    /** When visitors got it last; null: they do now, or never have. */
    retiredAt: at("retired_at"),
  },
  (table) => [
    check("site_versions_state", sql`${table.state} in (${quoted(SITE_VERSION_STATES)})`),
    check("site_versions_size", sql`${table.sizeBytes} >= 0`),
    unique("site_versions_of_app").on(table.id, table.appId),
    index("site_versions_app").on(table.appId, table.retiredAt.desc()),
    index("site_versions_generation").on(table.generationId),
    index("site_versions_unready")
      .on(table.copyUntil)
      .where(sql`${table.state} <> 'ready'`),
    ...serviceMay(),
    ...userMay(
      sql`${isUser(table.ownerId)} and ${isUsersApp(table.appId)} and ${isUsersGeneration(table.generationId)}`,
      "select",
      "insert",
      "update",
    ),
  ],
);

/** What visitors of an app get. One row decides it, so that a switch is all or nothing. */
export const sites = leo.table(
  "sites",
  {
    appId: uuid("app_id")
      .primaryKey()
      .references(() => apps.id, { onDelete: "cascade" }),
    ownerId: uuid("owner_id").notNull(),
    /** What visitors get; null: nothing. */
    liveId: uuid("live_id"),
    visibility: text("visibility").$type<SiteVisibility>().notNull().default("public"),
    /** Makes the link of a site of visibility `link`; another key ends the link given out so far. */
    linkKey: text("link_key")
      .notNull()
      .default(sql`replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', '')`),
    noindex: boolean("noindex").notNull().default(true),
    /** Counts what was asked of the site. The last one decides: a publish that was overtaken changes nothing. */
    change: integer("change").notNull().default(0),
    /** Digest of the findings of the secret scan that the owner has accepted for this app. */
    acceptedFindings: text("accepted_findings"),
    /** Since when the live version is live. */
    publishedAt: at("published_at"),
    /** Null before the first unpublishing and while it is live. */
    unpublishedAt: at("unpublished_at"),
    /** By an operator, who alone can allow it again. */
    takenDownAt: at("taken_down_at"),
    takenDownReason: text("taken_down_reason"),
  },
  (table) => [
    /** No app shows the files of another. */
    foreignKey({
      name: "sites_live_version",
      columns: [table.liveId, table.appId],
      foreignColumns: [siteVersions.id, siteVersions.appId],
    }),
    check("sites_visibility", sql`${table.visibility} in (${quoted(SiteVisibility.options)})`),
    check("sites_live", sql`${table.liveId} is null or ${table.publishedAt} is not null`),
    check("sites_taken_down", sql`(${table.takenDownAt} is null) = (${table.takenDownReason} is null)`),
    check("sites_down", sql`${table.takenDownAt} is null or ${table.liveId} is null`),
    index("sites_live_of").on(table.liveId),
    index("sites_owner")
      .on(table.ownerId)
      .where(sql`${table.liveId} is not null`),
    ...serviceMay(),
    ...userMay(sql`${isUser(table.ownerId)} and ${isUsersApp(table.appId)}`, "select"),
    /** What an operator took down stays down, whatever its owner's request does. */
    ...userMay(
      sql`${isUser(table.ownerId)} and ${isUsersApp(table.appId)} and ${table.takenDownAt} is null`,
      "insert",
      "update",
    ),
  ],
);

/** Names of sites: one present one for each app, and for a time the former ones, which lead to it. */
export const siteAddresses = leo.table(
  "site_addresses",
  {
    slug: text("slug").primaryKey(),
    appId: uuid("app_id")
      .notNull()
      .references(() => apps.id, { onDelete: "cascade" }),
    ownerId: uuid("owner_id").notNull(),
    /** Null: the present one. Otherwise it leads to the present one until then. */
    formerUntil: at("former_until"),
  },
  (table) => [
    check("site_addresses_slug", sql`${table.slug} ~ '^[a-z0-9](-?[a-z0-9])*$'`),
    uniqueIndex("site_addresses_present")
      .on(table.appId)
      .where(sql`${table.formerUntil} is null`),
    index("site_addresses_app").on(table.appId),
    index("site_addresses_former")
      .on(table.formerUntil)
      .where(sql`${table.formerUntil} is not null`),
    ...serviceMay(),
    ...userMay(
      sql`${isUser(table.ownerId)} and ${isUsersApp(table.appId)}`,
      "select",
      "insert",
      "update",
      "delete",
    ),
  ],
);
