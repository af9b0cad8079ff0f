/** People, what they may do and spend, and what operators see and change. */
import { sql } from "drizzle-orm";
import {
  bigint,
  boolean,
  check,
  date,
  index,
  integer,
  jsonb,
  primaryKey,
  text,
  uuid,
} from "drizzle-orm/pg-core";
import { AUDIT_DAYS_MIN, type AdminAction } from "@leo/core/admin.ts";
import type { FailureCode } from "@leo/core/failure.ts";
import type { Fault } from "@leo/core/lifecycle.ts";
import { isUser, serviceMay, serviceMayDelete, userMay } from "./policies.ts";
import { at, leo, usd } from "./columns.ts";

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
    /** Nothing queued is started because of this fault of the model, since then; see `limits/model-pause.ts`. */
    modelFault: text("model_fault").$type<FailureCode>(),
    modelFaultAt: at("model_fault_at"),
    /** When the next run is let through, and how many have been. */
    modelProbeAt: at("model_probe_at"),
    modelProbes: integer("model_probes").notNull().default(0),
    /** Instead of the setting; null: the setting holds. */
    dayBudgetUsd: usd("day_budget_usd"),
    updatedAt: at("updated_at").notNull(),
  },
  (table) => [
    check("platform_settings_one", sql`${table.id}`),
    check(
      "platform_settings_model",
      sql`(${table.modelFault} is null) = (${table.modelFaultAt} is null) and (${table.modelFault} is null) = (${table.modelProbeAt} is null)`,
    ),
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
    /** Whose fault the end of the attempt was, where the user pays nothing for that; null: they pay, or it is open. */
    fault: text("fault").$type<Fault>(),
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
      "ledger_fault",
      sql`${table.fault} is null or (${table.fault} in ('platform', 'model') and ${table.chargedUsd} = 0)`,
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

/** The walk through the bucket that looks for objects which are nobody's; one row. */
export const objectWalk = leo.table(
  "object_walk",
  {
    id: boolean("id").primaryKey().default(true),
    /** Of this database; the bucket that is its own says so. */
    databaseId: uuid("database_id").notNull().defaultRandom(),
    beganAt: at("began_at")
      .notNull()
      .default(sql`to_timestamp(0)`),
    /** The last key that was looked at; empty between walks. */
    cursor: text("cursor").notNull().default(""),
    /** Counted so far. */
    objects: bigint("objects", { mode: "number" }).notNull().default(0),
    sizeBytes: bigint("size_bytes", { mode: "number" }).notNull().default(0),
    /** As the last whole walk counted them; null before the first. */
    totalObjects: bigint("total_objects", { mode: "number" }),
    totalBytes: bigint("total_bytes", { mode: "number" }),
    leaseUntil: at("lease_until")
      .notNull()
      .default(sql`to_timestamp(0)`),
  },
  (table) => [check("object_walk_one", sql`${table.id}`), ...serviceMay()],
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
