/** What an earlier stack may have created under a stage's names, and LEO_ADOPT can list. */
import { namesFor } from "./names.ts";
import { SECRETS } from "./secret-list.ts";

export const ADOPTABLE = ["bucket", "secrets", "repositories", "logs"] as const;
export type Adoptable = (typeof ADOPTABLE)[number];

/** Physical names, except the bucket's, which contains the account number. */
export const adoptableNames = (stage: string): Record<Exclude<Adoptable, "bucket">, string[]> => {
  const names = namesFor(stage);
  return {
    secrets: Object.values(SECRETS).map(({ name }) => names.secret(name)),
    repositories: [names.orchestrator, names.generator],
    logs: [names.orchestratorLogs, names.generatorLogs],
  };
};

/** Whether a deploy adopts this name instead of reporting it as taken. */
export const isTakenOver = (
  { name: stage, adopt }: { name: string; adopt: Adoptable[] },
  { kind, name }: { kind: string; name: string },
): boolean =>
  adopt.some((what) => (what === "bucket" ? kind === "bucket" : adoptableNames(stage)[what].includes(name)));
