/** Where versions go: links that show them, repositories they are pushed to. */
import { sql } from "drizzle-orm";
import { boolean, check, index, integer, jsonb, text, uniqueIndex, uuid, bigint } from "drizzle-orm/pg-core";
import { PushState, type Findings, type PushFailure } from "@leo/core/github.ts";
import {
  isUser,
  isUsersApp,
  isUsersGeneration,
  isUsersGenerationOrNone,
  serviceMay,
  userMay,
} from "./policies.ts";
import { at, leo, quoted } from "./columns.ts";
import { apps, generations } from "./runs.ts";

/** Links that let anyone see an app running, and nothing else of it. */
export const shares = leo.table(
  "shares",
  {
    id: uuid("id").primaryKey(),
    ownerId: uuid("owner_id").notNull(),
    appId: uuid("app_id")
      .notNull()
      .references(() => apps.id, { onDelete: "cascade" }),
    /** The one version it shows; null: the newest. */
    generationId: uuid("generation_id").references(() => generations.id, { onDelete: "cascade" }),
    /** SHA-256 of the link's token, hex. The token itself is nowhere. */
    tokenHash: text("token_hash").notNull(),
    createdAt: at("created_at").notNull().defaultNow(),
    revokedAt: at("revoked_at"),
    /** How often the link was opened. */
    seenCount: integer("seen_count").notNull().default(0),
    lastSeenAt: at("last_seen_at"),
  },
  (table) => [
    uniqueIndex("shares_token").on(table.tokenHash),
    index("shares_app").on(table.appId, table.createdAt.desc()),
    index("shares_generation").on(table.generationId),
    ...serviceMay(),
    ...userMay(
      sql`${isUser(table.ownerId)} and ${isUsersApp(table.appId)} and ${isUsersGenerationOrNone(table.generationId)}`,
      "select",
      "insert",
      "update",
    ),
  ],
);

/**
 * An app's repository, and whether every new version is pushed to it. A row exists once somebody asked for either.
 * This table and the next have the names of the first release, which orchestrators from before a rollback or an update
 * still use.
 */
export const appRepositories = leo.table(
  "app_publishing",
  {
    appId: uuid("app_id")
      .primaryKey()
      .references(() => apps.id, { onDelete: "cascade" }),
    /** Every new version is pushed. */
    automatic: boolean("automatic").notNull().default(false),
    /** GitHub's number of the repository, which a rename or a transfer does not change. */
    repositoryId: bigint("repository_id", { mode: "number" }),
    /** `owner/name`, as GitHub said it last. */
    repositoryName: text("repository_name"),
    /** The commit that Leo pushed last, and its generation. */
    headSha: text("head_sha"),
    headGenerationId: uuid("head_generation_id"),
    /** Digest of the findings that the owner has accepted for this app. */
    acceptedFindings: text("accepted_findings"),
    /** The GitHub user who was invited last; compared with the owner's present one. */
    invitedLogin: text("invited_login"),
    /** Why the last invitation failed, as a sentence. */
    invitationFailure: text("invitation_failure"),
    /** Nobody tries the invitation again before this. */
    invitationAt: at("invitation_at"),
  },
  (table) => [...serviceMay(), ...userMay(isUsersApp(table.appId), "select", "insert", "update")],
);

/** Pushes of versions. The open ones of an app are done in order of their ids. */
export const pushes = leo.table(
  "publications",
  {
    /** UUID version 7: sorts by time. */
    id: uuid("id").primaryKey(),
    appId: uuid("app_id")
      .notNull()
      .references(() => apps.id, { onDelete: "cascade" }),
    generationId: uuid("generation_id")
      .notNull()
      .references(() => generations.id, { onDelete: "cascade" }),
    state: text("state").$type<PushState>().notNull().default("queued"),
    automatic: boolean("automatic").notNull(),
    /** Digest of the findings that the owner saw and accepted. */
    confirmedFindings: text("confirmed_findings"),
    /** A commit of somebody else that the owner agreed to build upon. */
    onTopOf: text("on_top_of"),
    /** Tries so far. */
    tries: integer("tries").notNull().default(0),
    /** Not tried before this. */
    availableAt: at("available_at").notNull(),
    /** Its holder renews this while it works; past it another orchestrator takes over. */
    leaseUntil: at("lease_until"),
    /** Stored before the push, so that a push whose answer was lost is recognised. */
    commitSha: text("commit_sha"),
    /** The repository at that time, for the link. */
    repositoryName: text("repository_name"),
    failure: jsonb("failure").$type<PushFailure>(),
    createdAt: at("created_at").notNull(),
    finishedAt: at("finished_at"),
  },
  (table) => [
    check("publications_state", sql`${table.state} in (${quoted(PushState.options)})`),
    check("publications_failure", sql`(${table.state} = 'failed') = (${table.failure} is not null)`),
    check(
      "publications_finished",
      sql`(${table.state} in ('done', 'failed')) = (${table.finishedAt} is not null)`,
    ),
    /** Asking twice is asking once. */
    uniqueIndex("publications_one_open")
      .on(table.generationId)
      .where(sql`${table.finishedAt} is null`),
    index("publications_open")
      .on(table.appId, table.id)
      .where(sql`${table.finishedAt} is null`),
    index("publications_app").on(table.appId, table.generationId, table.id.desc()),
    ...serviceMay(),
    ...userMay(
      sql`${isUsersApp(table.appId)} and ${isUsersGeneration(table.generationId)}`,
      "select",
      "insert",
      "update",
    ),
  ],
);

/** The GitHub user of a person, who is invited to the repositories of their apps. */
export const githubAccounts = leo.table(
  "github_accounts",
  {
    ownerId: uuid("owner_id").primaryKey(),
    login: text("login").notNull(),
    updatedAt: at("updated_at").notNull(),
  },
  (table) => [...serviceMay(), ...userMay(isUser(table.ownerId), "select", "insert", "update", "delete")],
);

/** What the secret scan of a version found. A version never changes, so it is scanned once per rule set. */
export const secretScans = leo.table(
  "secret_scans",
  {
    generationId: uuid("generation_id")
      .primaryKey()
      .references(() => generations.id, { onDelete: "cascade" }),
    /** Which rules were used; others mean a new scan. */
    rules: text("rules").notNull(),
    /** Null when there was nothing. */
    found: jsonb("found").$type<Findings>(),
    scannedAt: at("scanned_at").notNull(),
  },
  (table) => [
    ...serviceMay(),
    ...userMay(isUsersGeneration(table.generationId), "select", "insert", "update"),
  ],
);
