/** What the stub tells browsers of itself and of the user's spending. */
import type { PublicConfig, Usage } from "@leo/core/api.ts";

export interface StubOptions {
  port?: number;
  mode?: PublicConfig["mode"];
  modelIsMock?: boolean;
  modelEndpoint?: string;
  /** Apps of one page of the list. */
  appsPerPage?: number;
}

const LIMITS: PublicConfig["limits"] = {
  promptMaxChars: 15_000,
  runningPerUser: 3,
  queuedPerUser: 20,
  generationsPerDay: 100,
  generationBudgetUsd: 5,
  dayBudgetUsd: 100,
  retentionDays: 30,
};

export const configOf = (
  port: number,
  { mode = "local", modelIsMock = true, modelEndpoint }: StubOptions,
): PublicConfig => ({
  mode,
  modelIsMock,
  ...(modelEndpoint === undefined ? {} : { modelEndpoint }),
  supabaseUrl: `http://localhost:${port}`,
  supabaseAnonKey: "anon",
  previewUrlTemplate: `http://{generationId}.localhost:${port}/`,
  github: true,
  limits: LIMITS,
});

const DAY_MS = 86_400_000;
const DAYS = 30;

/** Days of rest among days of work. */
export const usage = (): Usage => ({
  running: 1,
  queued: 2,
  generationsToday: 7,
  spentTodayUsd: 0.42,
  reservedTodayUsd: 5,
  days: Array.from({ length: DAYS }, (_, index) => ({
    day: new Date(Date.now() - (DAYS - 1 - index) * DAY_MS).toISOString().slice(0, 10),
    usd: index % 7 < 2 ? 0 : (index % 5) * 0.4 + 0.1,
    generations: index % 7 < 2 ? 0 : (index % 4) + 1,
  })),
  limits: LIMITS,
});
