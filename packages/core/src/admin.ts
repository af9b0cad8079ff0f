/** What the operator's page shows and does. Every change becomes an entry in the audit table. */
import { z } from "zod";
import { Platform, Reason, UserRecord } from "./account.ts";
import { Failure, FailureCode } from "./failure.ts";
import { GenerationMode, GenerationState } from "./generation.ts";
import { Id } from "./id.ts";

export const AdminAction = z.enum([
  "user_limits",
  "user_suspend",
  "user_resume",
  "intake",
  "launches",
  "day_budget",
  "generation_cancel",
  "site_take_down",
  "site_allow",
  /** Done by Leo itself: objects that belonged to nobody. */
  "objects_removed",
]);
export type AdminAction = z.infer<typeof AdminAction>;

export const AdminOverview = z.object({
  platform: Platform,
  /** Generations that have not ended. */
  states: z.object({ queued: z.int(), starting: z.int(), running: z.int(), finalizing: z.int() }),
  /** When the oldest queued one was requested. */
  oldestQueuedAt: z.iso.datetime().optional(),
  vcpus: z.object({ inUse: z.number(), budget: z.number() }),
  /** Since midnight UTC. */
  completedToday: z.int(),
  failuresToday: z.array(z.object({ code: FailureCode, count: z.int() })),
  orphansToday: z.object({ found: z.int(), stopped: z.int() }),
});
export type AdminOverview = z.infer<typeof AdminOverview>;

/** An attempt: one ECS task. */
export const AdminTask = z.object({
  attemptId: Id,
  number: z.int(),
  taskArn: z.string().optional(),
  vcpu: z.number(),
  memoryMib: z.int(),
  costUsd: z.number(),
  createdAt: z.iso.datetime(),
  acceptedAt: z.iso.datetime().optional(),
  runningAt: z.iso.datetime().optional(),
  readyAt: z.iso.datetime().optional(),
  lastFrameAt: z.iso.datetime().optional(),
  lastActivityAt: z.iso.datetime().optional(),
  deadlineAt: z.iso.datetime(),
  /** That Leo asked for it to stop, and why. */
  stop: z.object({ at: z.iso.datetime(), reason: z.string() }).optional(),
  /** How the task ended, and the reason ECS gave. */
  ended: z.object({ at: z.iso.datetime(), class: z.string(), detail: z.string() }).optional(),
  logUrl: z.string().optional(),
});
export type AdminTask = z.infer<typeof AdminTask>;

export const AdminGeneration = z.object({
  id: Id,
  appId: Id,
  appName: z.string(),
  ownerId: Id,
  ownerEmail: z.string().optional(),
  state: GenerationState,
  mode: GenerationMode,
  prompt: z.string(),
  attempt: z.int(),
  maxAttempts: z.int(),
  /** The model's cost over all attempts. */
  costUsd: z.number(),
  /** What its user is charged; while it runs, what they would be charged if it ended now. */
  chargedUsd: z.number(),
  failure: Failure.optional(),
  createdAt: z.iso.datetime(),
  startedAt: z.iso.datetime().optional(),
  finishedAt: z.iso.datetime().optional(),
  cancelRequestedAt: z.iso.datetime().optional(),
  /** First to last. */
  tasks: z.array(AdminTask),
});
export type AdminGeneration = z.infer<typeof AdminGeneration>;

/** `live` generations hold a task, `queued` ones wait, `ended` and `failed` ones are over. */
export const AdminGenerationFilter = z.enum(["live", "queued", "failed", "ended"]);
export type AdminGenerationFilter = z.infer<typeof AdminGenerationFilter>;

export const AdminGenerations = z.object({ generations: z.array(AdminGeneration) });
export const AdminUsers = z.object({ users: z.array(UserRecord) });

/** A task that no attempt owned. */
export const Orphan = z.object({
  taskArn: z.string(),
  startedBy: z.string().optional(),
  foundAt: z.iso.datetime(),
  /** When ECS accepted the request to stop it. */
  stoppedAt: z.iso.datetime().optional(),
});
export type Orphan = z.infer<typeof Orphan>;
export const Orphans = z.object({ orphans: z.array(Orphan) });

/** No audit entry can be removed before this age, whatever the setting says. */
export const AUDIT_DAYS_MIN = 90;

export const AuditEntry = z.object({
  id: Id,
  at: z.iso.datetime(),
  actorId: Id,
  actorEmail: z.string().optional(),
  action: AdminAction,
  /** The id of the user, the generation or the site's app; absent for the platform. */
  targetId: Id.optional(),
  before: z.unknown(),
  after: z.unknown(),
  requestId: z.string(),
});
export type AuditEntry = z.infer<typeof AuditEntry>;
export const AuditEntries = z.object({ entries: z.array(AuditEntry) });

export const ChangeIntake = z.object({
  open: z.boolean(),
  /** Why not, as a sentence for users. */
  message: Reason.optional(),
});
export const ChangeLaunches = z.object({ paused: z.boolean() });
export const ChangeDayBudget = z.object({
  /** `null` restores the setting. The database keeps six digits before the point. */
  dayBudgetUsd: z.number().min(0).max(999_999).nullable(),
});
