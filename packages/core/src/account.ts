/** Users, their limits and the platform's switches, as an operator sees and changes them. */
import { z } from "zod";
import { FailureCode } from "./failure.ts";
import { Id } from "./id.ts";

/** What one user may do. Days begin at midnight UTC. */
export const UserLimits = z.object({
  runningPerUser: z.int32().min(0),
  queuedPerUser: z.int32().min(0),
  generationsPerDay: z.int32().min(0),
  /** The most that one run may spend on the model. */
  generationBudgetUsd: z.number().positive().max(100_000),
  /** The most that all runs of a day may spend. */
  dayBudgetUsd: z.number().min(0).max(100_000),
});
export type UserLimits = z.infer<typeof UserLimits>;

const orSetting = <T extends z.ZodType>(schema: T) => schema.nullable().optional();

/** Limits of one user instead of the settings. `null` restores the setting; absent fields stay unchanged. */
export const ChangeUserLimits = z.object({
  runningPerUser: orSetting(UserLimits.shape.runningPerUser),
  queuedPerUser: orSetting(UserLimits.shape.queuedPerUser),
  generationsPerDay: orSetting(UserLimits.shape.generationsPerDay),
  /** At least a cent: less would be stored as zero. */
  generationBudgetUsd: orSetting(UserLimits.shape.generationBudgetUsd.min(0.01)),
  dayBudgetUsd: orSetting(UserLimits.shape.dayBudgetUsd),
});
export type ChangeUserLimits = z.infer<typeof ChangeUserLimits>;

/** Money of one day. */
export const Spend = z.object({
  /** Settled and charged. */
  spentUsd: z.number(),
  /** Reserved for requests that are queued or running. */
  reservedUsd: z.number(),
  generations: z.int(),
});
export type Spend = z.infer<typeof Spend>;

/** A sentence shown to a person. */
export const Reason = z
  .string()
  .trim()
  .min(1)
  .max(500)
  // Postgres rejects it.
  .refine((text) => !text.includes("\0"), "The text contains a NUL character.");

export const UserRecord = z.object({
  id: Id,
  email: z.string().optional(),
  firstSeenAt: z.iso.datetime(),
  lastSeenAt: z.iso.datetime(),
  suspended: z.object({ at: z.iso.datetime(), reason: z.string() }).optional(),
  /** The limits in effect. */
  limits: UserLimits,
  /** Limits set for this user. */
  own: z.array(UserLimits.keyof()),
  running: z.int(),
  queued: z.int(),
  today: Spend,
});
export type UserRecord = z.infer<typeof UserRecord>;

export const Platform = z.object({
  /** Whether new generations are accepted. */
  intakeOpen: z.boolean(),
  /** Why not, for users. */
  intakeMessage: z.string().optional(),
  /** Nothing new starts; requests wait in the queue. */
  launchesPaused: z.boolean(),
  /** Nothing new starts because of the model, except an occasional run that tries again. */
  modelFault: z
    .object({
      code: FailureCode,
      message: z.string(),
      since: z.iso.datetime(),
      /** When the next run may start. */
      nextTryAt: z.iso.datetime(),
    })
    .optional(),
  /** The most that all runs of a day may cost: the operator's value, or else the setting. */
  dayBudgetUsd: z.number(),
  dayBudgetSettingUsd: z.number(),
  /** All users together; `spentUsd` is the model's cost, including platform faults. */
  today: Spend.extend({ chargedUsd: z.number() }),
});
export type Platform = z.infer<typeof Platform>;
