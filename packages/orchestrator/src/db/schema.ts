/**
 * Schema `leo`. The queue is `generations` itself; `attempts` are the ECS tasks tried for one;
 * `events` is the append-only record that browsers replay. Every table ends with its policies.
 */
import { sql } from "drizzle-orm";
import {
  boolean,
  check,
  date,
  foreignKey,
  index,
  integer,
  json,
  jsonb,
  numeric,
  pgSchema,
  primaryKey,
  real,
  text,
  timestamp,
  uniqueIndex,
  uuid,
  bigint,
} from "drizzle-orm/pg-core";
import { AUDIT_DAYS_MIN, type AdminAction } from "@leo/core/admin.ts";
import type { Manifest } from "@leo/core/artifact.ts";
import type { Fact } from "@leo/core/event.ts";
import { FailureCode, type Failure } from "@leo/core/failure.ts";
import { FINAL_STATES, GenerationMode, GenerationState } from "@leo/core/generation.ts";
import { PublicationState, type Findings, type PublicationFailure } from "@leo/core/publishing.ts";
import {
  isUser,
  isUsersApp,
  isUsersGeneration,
  isUsersGenerationOrNone,
  serviceMay,
  serviceMayDelete,
  userMay,
} from "./policies.ts";

export const leo = pgSchema("leo");

const at = (name: string) => timestamp(name, { withTimezone: true, mode: "date" });
/** Millionths of a USD are kept. */
const usd = (name: string) => numeric(name, { precision: 12, scale: 6, mode: "number" });
const quoted = (values: readonly string[]) => sql.raw(values.map((value) => `'${value}'`).join(", "));

export const apps = leo.table(
  "apps",
  {
    id: uuid("id").primaryKey(),
    ownerId: uuid("owner_id").notNull(),
    name: text("name").notNull(),
    /** Signs the links of this app's previews; another key ends every link given out so far. */
    previewKey: text("preview_key")
      .notNull()
      .default(sql`replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', '')`),
    createdAt: at("created_at").notNull().defaultNow(),
    updatedAt: at("updated_at").notNull().defaultNow(),
    /** Set first; rows and objects go in the background, so that deleting answers at once. */
    deletedAt: at("deleted_at"),
  },
  (table) => [
    index("apps_owner").on(table.ownerId, table.updatedAt.desc(), table.id.desc()),
    index("apps_deleted")
      .on(table.deletedAt)
      .where(sql`${table.deletedAt} is not null`),
    check("apps_name", sql`length(${table.name}) between 1 and 80`),
    ...serviceMay(),
    ...userMay(isUser(table.ownerId), "select", "insert", "update"),
  ],
);

export const generations = leo.table(
  "generations",
  {
    id: uuid("id").primaryKey(),
    appId: uuid("app_id")
      .notNull()
      .references(() => apps.id, { onDelete: "cascade" }),
    ownerId: uuid("owner_id").notNull(),
    prompt: text("prompt").notNull(),
    mode: text("mode").$type<GenerationMode>().notNull(),
    state: text("state").$type<GenerationState>().notNull().default("queued"),
    baseGenerationId: uuid("base_generation_id"),
    /** The version whose files this one got, perhaps another app's; nothing ran for it. It may be gone since. */
    copiedFromId: uuid("copied_from_id"),
    /** Number of the current attempt; 0 before the first. */
    attempt: integer("attempt").notNull().default(0),
    maxAttempts: integer("max_attempts").notNull(),
    /** What the next attempt needs; a memory failure raises it. */
    memoryMib: integer("memory_mib").notNull(),
    vcpu: real("vcpu").notNull(),
    /** The next attempt must not run on Spot capacity: an earlier one was taken away. */
    onDemand: boolean("on_demand").notNull().default(false),
    /** Earliest time the queue may hand it out; long ago for a new one, so that no clock can hold it up. */
    availableAt: at("available_at")
      .notNull()
      .default(sql`to_timestamp(0)`),
    cancelRequestedAt: at("cancel_requested_at"),
    lastSeq: integer("last_seq").notNull().default(0),
    costUsd: usd("cost_usd").notNull().default(0),
    failure: jsonb("failure").$type<Failure>(),
    /** Where the files of the version are, and their manifest; set once it was found in the bucket. */
    artifactPrefix: text("artifact_prefix"),
    manifest: jsonb("manifest").$type<Manifest>(),
    idempotencyKey: text("idempotency_key"),
    /** Hash of the request made with that key: the same key with another request is refused. */
    requestHash: text("request_hash"),
    /** Only the orchestrator that holds this lease publishes. */
    publishLeaseUntil: at("publish_lease_until"),
    createdAt: at("created_at").notNull().defaultNow(),
    startedAt: at("started_at"),
    finishedAt: at("finished_at"),
    /** Set once its events and its manifest were removed, days after its end. */
    purgedAt: at("purged_at"),
  },
  (table) => [
    foreignKey({
      name: "generations_base",
      columns: [table.baseGenerationId],
      foreignColumns: [table.id],
    }).onDelete("set null"),
    check("generations_state", sql`${table.state} in (${quoted(GenerationState.options)})`),
    check("generations_mode", sql`${table.mode} in (${quoted(GenerationMode.options)})`),
    check("generations_failure", sql`(${table.state} = 'failed') = (${table.failure} is not null)`),
    check(
      "generations_failure_code",
      sql`${table.failure} is null or ${table.failure} ->> 'code' in (${quoted(FailureCode.options)})`,
    ),
    check(
      "generations_finished",
      sql`(${table.state} in (${quoted(FINAL_STATES)})) = (${table.finishedAt} is not null)`,
    ),
    check("generations_prompt", sql`length(${table.prompt}) between 1 and 15000`),
    check("generations_attempt", sql`${table.attempt} between 0 and ${table.maxAttempts}`),
    check(
      "generations_numbers",
      sql`${table.lastSeq} >= 0 and ${table.costUsd} >= 0 and ${table.vcpu} > 0 and ${table.memoryMib} > 0`,
    ),
    check("generations_purged", sql`${table.purgedAt} is null or ${table.finishedAt} is not null`),
    uniqueIndex("generations_idempotency").on(table.ownerId, table.idempotencyKey),
    /** One run at a time per app. */
    uniqueIndex("generations_one_active")
      .on(table.appId)
      .where(sql`${table.state} not in (${quoted(FINAL_STATES)})`),
    index("generations_app").on(table.appId, table.createdAt.desc()),
    index("generations_queue")
      .on(table.ownerId, table.createdAt, table.id)
      .where(sql`${table.state} = 'queued'`),
    index("generations_active")
      .on(table.ownerId)
      .where(sql`${table.state} in ('starting', 'running', 'publishing')`),
    index("generations_owner_day").on(table.ownerId, table.createdAt),
    index("generations_finished_at").on(table.finishedAt),
    index("generations_unpurged")
      .on(table.finishedAt)
      .where(sql`${table.purgedAt} is null`),
    /** For the foreign key: a deleted version is looked up in those that build on it. */
    index("generations_base_of").on(table.baseGenerationId),
    ...serviceMay(),
    ...userMay(isUser(table.ownerId), "select"),
    /** A request enters the queue; from there on its state is Leo's. */
    ...userMay(
      sql`${isUser(table.ownerId)} and ${isUsersApp(table.appId)} and ${isUsersGenerationOrNone(table.baseGenerationId)} and ${table.state} = 'queued'`,
      "insert",
    ),
  ],
);

export const attempts = leo.table(
  "attempts",
  {
    id: uuid("id").primaryKey(),
    generationId: uuid("generation_id")
      .notNull()
      .references(() => generations.id, { onDelete: "cascade" }),
    number: integer("number").notNull(),
    /** SHA-256 of the attempt token, hex. The token itself is nowhere. */
    tokenHash: text("token_hash").notNull(),
    /** Of the token before a launch was adopted: a task of the earlier RunTask call may still come with it. */
    previousTokenHash: text("previous_token_hash"),
    vcpu: real("vcpu").notNull(),
    memoryMib: integer("memory_mib").notNull(),
    /** RunTask calls with a client token of their own; 0 before the first. */
    launchCount: integer("launch_count").notNull().default(0),
    /** The orchestrator that launches it renews this; past it another one adopts the attempt. */
    launchLeaseUntil: at("launch_lease_until").notNull(),
    taskArn: text("task_arn"),
    /** `version` of the newest task state seen, so that late events change nothing. */
    taskVersion: bigint("task_version", { mode: "number" }).notNull().default(0),
    createdAt: at("created_at").notNull().defaultNow(),
    taskAcceptedAt: at("task_accepted_at"),
    taskRunningAt: at("task_running_at"),
    readyAt: at("ready_at"),
    /** Any frame from the generator. */
    lastFrameAt: at("last_frame_at"),
    /** An event that shows the agent at work. */
    lastActivityAt: at("last_activity_at"),
    deadlineAt: at("deadline_at").notNull(),
    /** Highest message number committed. */
    lastN: integer("last_n").notNull().default(0),
    /** Newest running total that the gateway counted for this attempt. */
    costUsd: usd("cost_usd").notNull().default(0),
    stopRequestedAt: at("stop_requested_at"),
    stopReason: text("stop_reason"),
    /** Set when the task is gone. Until then it holds its vCPUs. */
    endedAt: at("ended_at"),
    endedClass: text("ended_class"),
    endedDetail: text("ended_detail"),
    /** Must not run on Spot capacity. */
    onDemand: boolean("on_demand").notNull().default(false),
  },
  (table) => [
    uniqueIndex("attempts_number").on(table.generationId, table.number),
    uniqueIndex("attempts_token").on(table.tokenHash),
    uniqueIndex("attempts_previous_token").on(table.previousTokenHash),
    uniqueIndex("attempts_task").on(table.taskArn),
    index("attempts_open")
      .on(table.createdAt)
      .where(sql`${table.endedAt} is null`),
    check(
      "attempts_numbers",
      sql`${table.number} >= 1 and ${table.launchCount} >= 0 and ${table.lastN} >= 0 and ${table.costUsd} >= 0 and ${table.vcpu} > 0 and ${table.memoryMib} > 0`,
    ),
    check("attempts_ended", sql`(${table.endedAt} is null) = (${table.endedClass} is null)`),
    check("attempts_stop", sql`(${table.stopRequestedAt} is null) = (${table.stopReason} is null)`),
    ...serviceMay(),
    ...userMay(isUsersGeneration(table.generationId), "select"),
  ],
);

export const events = leo.table(
  "events",
  {
    /**
     * A generation that exists; its events go with it. Two triggers of the database hold that, once a
     * statement instead of once an event, which is how a foreign key would: it cost more than the insert.
     */
    generationId: uuid("generation_id").notNull(),
    seq: integer("seq").notNull(),
    /**
     * The attempt and message number it came from; null for the orchestrator's own facts. No foreign
     * key: the statement that inserts has locked that attempt, and a check per event would cost more.
     */
    attemptId: uuid("attempt_id"),
    n: integer("n"),
    at: at("at").notNull(),
    type: text("type").notNull(),
    /** The fact as JSON text. `json`, not `jsonb`: it is relayed as it is and may hold \u0000. */
    body: json("body").$type<Fact>().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.generationId, table.seq] }),
    uniqueIndex("events_message").on(table.attemptId, table.n),
    check("events_seq", sql`${table.seq} >= 1`),
    check("events_from", sql`(${table.attemptId} is null) = (${table.n} is null)`),
    /** Never changed, which the triggers rely on. */
    ...serviceMay("select", "insert", "delete"),
    ...userMay(isUsersGeneration(table.generationId), "select"),
    /** That a request was queued; all that follows is Leo's word. */
    ...userMay(sql`${isUsersGeneration(table.generationId)} and ${table.seq} = 1`, "insert"),
  ],
);

/** Requests that a user added while the agent works; delivered after the present turn. */
export const userMessages = leo.table(
  "user_messages",
  {
    id: uuid("id").primaryKey(),
    generationId: uuid("generation_id")
      .notNull()
      .references(() => generations.id, { onDelete: "cascade" }),
    text: text("text").notNull(),
    createdAt: at("created_at").notNull().defaultNow(),
    /** Number of the attempt that got it; a new attempt gets it again. */
    deliveredAttempt: integer("delivered_attempt"),
  },
  (table) => [
    index("user_messages_generation").on(table.generationId, table.createdAt),
    check("user_messages_text", sql`length(${table.text}) between 1 and 15000`),
    ...serviceMay(),
    ...userMay(isUsersGeneration(table.generationId), "select"),
  ],
);

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

/** Where an app is published, and whether by itself. A row exists once somebody asked for either. */
export const appPublishing = leo.table(
  "app_publishing",
  {
    appId: uuid("app_id")
      .primaryKey()
      .references(() => apps.id, { onDelete: "cascade" }),
    /** Every new version is published. */
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

/** A version's way into the repository. Open ones of an app are worked off in order of their ids. */
export const publications = leo.table(
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
    state: text("state").$type<PublicationState>().notNull().default("queued"),
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
    failure: jsonb("failure").$type<PublicationFailure>(),
    createdAt: at("created_at").notNull(),
    finishedAt: at("finished_at"),
  },
  (table) => [
    check("publications_state", sql`${table.state} in (${quoted(PublicationState.options)})`),
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

/** Sign-ins that their user has ended. Their access tokens are refused until the last of them has expired. */
export const endedSessions = leo.table(
  "ended_sessions",
  {
    /** Supabase's id of the session. */
    id: uuid("id").primaryKey(),
    ownerId: uuid("owner_id").notNull(),
    endedAt: at("ended_at").notNull(),
    /** By then its last access token has expired. */
    expiresAt: at("expires_at").notNull(),
  },
  (table) => [
    index("ended_sessions_expires").on(table.expiresAt),
    ...serviceMay("select", "insert", "delete"),
    ...userMay(isUser(table.ownerId), "select", "insert"),
  ],
);

/** People as Leo has seen them, with limits of their own. A row exists once somebody came or was given limits. */
export const users = leo.table(
  "users",
  {
    /** Supabase's id of the user. */
    id: uuid("id").primaryKey(),
    /** As the last access token said. */
    email: text("email"),
    /** Instead of the setting; null: the setting holds. */
    runningPerUser: integer("running_per_user"),
    queuedPerUser: integer("queued_per_user"),
    generationsPerDay: integer("generations_per_day"),
    generationBudgetUsd: usd("generation_budget_usd"),
    dayBudgetUsd: usd("day_budget_usd"),
    /** Since then nothing is taken from them and nothing of theirs is started. */
    suspendedAt: at("suspended_at"),
    suspendedReason: text("suspended_reason"),
    firstSeenAt: at("first_seen_at").notNull(),
    lastSeenAt: at("last_seen_at").notNull(),
  },
  (table) => [
    check(
      "users_limits",
      sql`${table.runningPerUser} >= 0 and ${table.queuedPerUser} >= 0 and ${table.generationsPerDay} >= 0 and ${table.generationBudgetUsd} > 0 and ${table.dayBudgetUsd} >= 0`,
    ),
    check("users_suspended", sql`(${table.suspendedAt} is null) = (${table.suspendedReason} is null)`),
    index("users_last_seen").on(table.lastSeenAt.desc(), table.id),
    ...serviceMay(),
    ...userMay(isUser(table.id), "select"),
  ],
);

/** What the operator changed while running; one row, or none so far. */
export const platformSettings = leo.table(
  "platform_settings",
  {
    id: boolean("id").primaryKey().default(true),
    /** Whether new generations are taken. */
    intakeOpen: boolean("intake_open").notNull().default(true),
    /** Why not, as a sentence for whoever asks. */
    intakeMessage: text("intake_message"),
    /** Nothing queued is started. */
    launchesPaused: boolean("launches_paused").notNull().default(false),
    /** Instead of the setting; null: the setting holds. */
    dayBudgetUsd: usd("day_budget_usd"),
    updatedAt: at("updated_at").notNull(),
  },
  (table) => [
    check("platform_settings_one", sql`${table.id}`),
    check("platform_settings_budget", sql`${table.dayBudgetUsd} >= 0`),
    ...serviceMay(),
    /** What is closed is told to everybody. */
    ...userMay(sql`true`, "select"),
  ],
);

/**
 * The one record of money. An entry is made when a request is taken, for its first attempt, with the
 * run's whole budget; it is settled when that attempt is over, and the next attempt gets an entry of
 * its own. Entries outlive their app: there is no foreign key.
 */
export const ledger = leo.table(
  "ledger",
  {
    generationId: uuid("generation_id").notNull(),
    attempt: integer("attempt").notNull(),
    ownerId: uuid("owner_id").notNull(),
    /** UTC day of the request; everything of a generation counts on it. */
    day: date("day", { mode: "string" }).notNull(),
    /** What the attempt may spend. Counts until it is settled. */
    reservedUsd: usd("reserved_usd").notNull(),
    /** What the attempt spent on the model, whoever pays; null while open. */
    costUsd: usd("cost_usd"),
    /** What the user pays of it: nothing after a fault of the platform, never more than was reserved. */
    chargedUsd: usd("charged_usd"),
    reservedAt: at("reserved_at").notNull(),
    settledAt: at("settled_at"),
  },
  (table) => [
    primaryKey({ columns: [table.generationId, table.attempt] }),
    index("ledger_owner_day").on(table.ownerId, table.day),
    index("ledger_day").on(table.day),
    index("ledger_open")
      .on(table.reservedAt)
      .where(sql`${table.settledAt} is null`),
    check(
      "ledger_numbers",
      sql`${table.attempt} >= 1 and ${table.reservedUsd} >= 0 and ${table.costUsd} >= 0`,
    ),
    check(
      "ledger_charged",
      sql`${table.chargedUsd} between 0 and least(${table.costUsd}, ${table.reservedUsd})`,
    ),
    check(
      "ledger_settled",
      sql`(${table.settledAt} is null) = (${table.costUsd} is null) and (${table.settledAt} is null) = (${table.chargedUsd} is null)`,
    ),
    ...serviceMay(),
    ...userMay(isUser(table.ownerId), "select"),
  ],
);

/** What operators changed. Leo itself may only add to it, and remove what is old. */
export const audit = leo.table(
  "audit",
  {
    /** UUID version 7: sorts by time. */
    id: uuid("id").primaryKey(),
    at: at("at").notNull(),
    actorId: uuid("actor_id").notNull(),
    /** As the access token said. */
    actorEmail: text("actor_email"),
    action: text("action").$type<AdminAction>().notNull(),
    /** A user or a generation; null: the platform. No foreign key: an entry outlives what it is about. */
    targetId: uuid("target_id"),
    before: jsonb("before").$type<unknown>().notNull(),
    after: jsonb("after").$type<unknown>().notNull(),
    requestId: text("request_id").notNull(),
  },
  (table) => [
    index("audit_target").on(table.targetId, table.id.desc()),
    ...serviceMay("select", "insert"),
    serviceMayDelete(sql`${table.at} < now() - interval '${sql.raw(String(AUDIT_DAYS_MIN))} days'`),
  ],
);

/** Tasks that ran although no attempt owned them. */
export const orphans = leo.table(
  "orphans",
  {
    taskArn: text("task_arn").primaryKey(),
    startedBy: text("started_by"),
    foundAt: at("found_at").notNull(),
    /** When ECS took the request to stop it; null: it did not yet. */
    stoppedAt: at("stopped_at"),
  },
  (table) => [index("orphans_found_at").on(table.foundAt.desc()), ...serviceMay()],
);
