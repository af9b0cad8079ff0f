/** The operator's switches: whether new generations are taken, and what a day may cost in all. */
import type { Platform } from "@leo/core/account.ts";
import type { Context } from "../app-context.ts";
import type { Orm } from "../db/database.ts";
import { platformSettings } from "../db/schema.ts";
import { platformDay } from "./ledger.ts";
import { NOT_PAUSED, viewModelFault } from "./model-pause.ts";

type SettingsRow = typeof platformSettings.$inferSelect;
export type PlatformSettings = Pick<
  SettingsRow,
  | "intakeOpen"
  | "intakeMessage"
  | "launchesPaused"
  | "modelFault"
  | "modelFaultAt"
  | "modelProbeAt"
  | "modelProbes"
  | "dayBudgetUsd"
>;

const UNCHANGED: PlatformSettings = {
  intakeOpen: true,
  intakeMessage: null,
  launchesPaused: false,
  ...NOT_PAUSED,
  dayBudgetUsd: null,
};

export const readPlatformSettings = async (orm: Orm): Promise<PlatformSettings> => {
  const [row] = await orm.select().from(platformSettings);
  return row ?? UNCHANGED;
};

const change = async ({ database, now }: Context, values: Partial<PlatformSettings>): Promise<void> => {
  const changed = { ...values, updatedAt: now() };
  await database.orm
    .insert(platformSettings)
    .values(changed)
    .onConflictDoUpdate({ target: platformSettings.id, set: changed });
};

/** The switches and the day so far. */
export const readPlatform = async ({ config, database, now }: Context): Promise<Platform> => {
  const settings = await readPlatformSettings(database.orm);
  const today = await platformDay(database.orm, now());
  return {
    intakeOpen: settings.intakeOpen,
    intakeMessage: settings.intakeMessage ?? undefined,
    launchesPaused: settings.launchesPaused,
    modelFault: viewModelFault(settings),
    dayBudgetUsd: settings.dayBudgetUsd ?? config.LEO_PLATFORM_DAY_BUDGET_USD,
    dayBudgetSettingUsd: config.LEO_PLATFORM_DAY_BUDGET_USD,
    today,
  };
};

/**
 * Opens or closes the platform for new generations. What waits or runs goes on.
 * @param message why it is closed, as a sentence for whoever asks
 */
export const setIntake = async (
  context: Context,
  { open, message }: { open: boolean; message?: string },
): Promise<Platform> => {
  await change(context, { intakeOpen: open, intakeMessage: open ? null : (message ?? null) });
  return readPlatform(context);
};

/**
 * Stops or resumes the start of what is queued, on every orchestrator. What has started goes on. To resume
 * also ends a pause that a fault of the model began.
 */
export const setLaunchesPaused = async (context: Context, launchesPaused: boolean): Promise<Platform> => {
  await change(context, { launchesPaused, ...(launchesPaused ? {} : NOT_PAUSED) });
  return readPlatform(context);
};

/** Sets what all runs of a day may cost together, in USD; `null` goes back to the setting. */
export const setPlatformBudget = async (context: Context, dayBudgetUsd: number | null): Promise<Platform> => {
  await change(context, { dayBudgetUsd });
  return readPlatform(context);
};
