/** The operator's switches: whether new generations are taken, and what a day may cost in all. */
import type { Platform } from "@leo/core/account.ts";
import type { Context } from "../app-context.ts";
import { tx } from "../db/tx.ts";
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

const change = (context: Context, values: Partial<PlatformSettings>): Promise<Platform> =>
  tx(context, async ({ orm }) => {
    const changed = { ...values, updatedAt: context.now() };
    await orm
      .insert(platformSettings)
      .values(changed)
      .onConflictDoUpdate({ target: platformSettings.id, set: changed });
    return readPlatform(context);
  });

/** The switches and the day so far. */
export const readPlatform = (context: Context): Promise<Platform> =>
  tx(context, async ({ orm }) => {
    const { config, now } = context;
    const settings = await readPlatformSettings(orm);
    return {
      intakeOpen: settings.intakeOpen,
      intakeMessage: settings.intakeMessage ?? undefined,
      launchesPaused: settings.launchesPaused,
      modelFault: viewModelFault(settings),
      dayBudgetUsd: settings.dayBudgetUsd ?? config.LEO_PLATFORM_DAY_BUDGET_USD,
      dayBudgetSettingUsd: config.LEO_PLATFORM_DAY_BUDGET_USD,
      today: await platformDay(orm, now()),
    };
  });

/**
 * Opens or closes the platform for new generations. What waits or runs goes on.
 * @param message why it is closed, as a sentence for whoever asks
 */
export const setIntake = (
  context: Context,
  { open, message }: { open: boolean; message?: string },
): Promise<Platform> => change(context, { intakeOpen: open, intakeMessage: open ? null : (message ?? null) });

/**
 * Stops or resumes the start of what is queued, on every orchestrator. What has started goes on. To resume
 * also ends a pause that a fault of the model began.
 */
export const setLaunchesPaused = (context: Context, launchesPaused: boolean): Promise<Platform> =>
  change(context, { launchesPaused, ...(launchesPaused ? {} : NOT_PAUSED) });

/** Sets what all runs of a day may cost together, in USD; `null` goes back to the setting. */
export const setPlatformBudget = (context: Context, dayBudgetUsd: number | null): Promise<Platform> =>
  change(context, { dayBudgetUsd });
