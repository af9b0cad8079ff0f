/** Apps, their generations, and what a run leaves: attempts, events, added requests. */
import { sql } from "drizzle-orm";
import {
  boolean,
  check,
  foreignKey,
  index,
  integer,
  json,
  jsonb,
  primaryKey,
  real,
  text,
  uniqueIndex,
  uuid,
  bigint,
} from "drizzle-orm/pg-core";
import type { Manifest } from "@leo/core/artifact.ts";
import type { Fact } from "@leo/core/event.ts";
import { FailureCode, type Failure } from "@leo/core/failure.ts";
import { FINAL_STATES, GenerationMode, GenerationState } from "@leo/core/generation.ts";
import {
  isUser,
  isUsersApp,
  isUsersGeneration,
  isUsersGenerationOrNone,
  serviceMay,
  userMay,
} from "./policies.ts";
import { at, leo, quoted, usd } from "./columns.ts";
import { generationState, storedState, WITH_TASK } from "./state.ts";

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
    state: generationState("state").notNull().default("queued"),
    /** Whose files the run begins with. */
    baseGenerationId: uuid("base_generation_id"),
    /** The answer after that base whose conversation the run continues. Its files are those of the base. */
    continuesId: uuid("continues_id"),
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
    /** The fault of the model that it waits for in the queue, until `availableAt` or the end of a pause. */
    waitCode: text("wait_code").$type<FailureCode>(),
    /** How often it has waited until a time. Each wait adds an attempt to those that it may have. */
    waits: integer("waits").notNull().default(0),
    cancelRequestedAt: at("cancel_requested_at"),
    lastSeq: integer("last_seq").notNull().default(0),
    /** Of its events' bodies. What is sent again in part is counted by its share. */
    eventBytes: bigint("event_bytes", { mode: "number" }).notNull().default(0),
    costUsd: usd("cost_usd").notNull().default(0),
    failure: jsonb("failure").$type<Failure>(),
    /** Where the files of the version are, and their manifest; set once it was found in the bucket. */
    artifactPrefix: text("artifact_prefix"),
    manifest: jsonb("manifest").$type<Manifest>(),
    idempotencyKey: text("idempotency_key"),
    /** Hash of the request made with that key: the same key with another request is refused. */
    requestHash: text("request_hash"),
    /** Only the orchestrator that holds this lease records what the run has made: a version, or a draft. */
    saveLeaseUntil: at("publish_lease_until"),
    createdAt: at("created_at").notNull().defaultNow(),
    startedAt: at("started_at"),
    finishedAt: at("finished_at"),
    /** Of a run that ended without a manifest: when its checkpoints were searched for a draft. */
    draftSoughtAt: at("draft_sought_at"),
    /** Set once its events and its manifest were removed, days after its end. */
    purgedAt: at("purged_at"),
  },
  (table) => [
    foreignKey({
      name: "generations_base",
      columns: [table.baseGenerationId],
      foreignColumns: [table.id],
    }).onDelete("set null"),
    foreignKey({
      name: "generations_continues",
      columns: [table.continuesId],
      foreignColumns: [table.id],
    }).onDelete("set null"),
    check("generations_state", sql`${table.state} in (${quoted(GenerationState.options.map(storedState))})`),
    check("generations_wait", sql`${table.waitCode} is null or ${table.state} = 'queued'`),
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
      .where(sql`${table.state} in ${sql.raw(WITH_TASK)}`),
    index("generations_owner_day").on(table.ownerId, table.createdAt),
    index("generations_finished_at").on(table.finishedAt),
    index("generations_unpurged")
      .on(table.finishedAt)
      .where(sql`${table.purgedAt} is null`),
    index("generations_draft_unsought")
      .on(table.finishedAt)
      .where(
        sql`${table.state} in ('failed', 'cancelled') and ${table.attempt} > 0 and ${table.manifest} is null and ${table.draftSoughtAt} is null and ${table.purgedAt} is null`,
      ),
    /** For the foreign key: a deleted version is looked up in those that build on it. */
    index("generations_base_of").on(table.baseGenerationId),
    index("generations_continued_by").on(table.continuesId),
    ...serviceMay(),
    ...userMay(isUser(table.ownerId), "select"),
    /** A request enters the queue; from there on its state is Leo's. */
    ...userMay(
      sql`${isUser(table.ownerId)} and ${isUsersApp(table.appId)} and ${isUsersGenerationOrNone(table.baseGenerationId)} and ${isUsersGenerationOrNone(table.continuesId)} and ${table.state} = 'queued'`,
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
    /** When it last reported a cost that had grown: the model had answered. */
    modelAnsweredAt: at("model_answered_at"),
    /** Since then its messages are dropped: its generation has written all that it may. */
    cutAt: at("cut_at"),
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
    /** When its run ended and no turn had taken it. */
    returnedAt: at("returned_at"),
  },
  (table) => [
    index("user_messages_generation").on(table.generationId, table.createdAt),
    check("user_messages_text", sql`length(${table.text}) between 1 and 15000`),
    ...serviceMay(),
    ...userMay(isUsersGeneration(table.generationId), "select"),
  ],
);
