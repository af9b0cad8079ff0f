/** What a person must know before using Leo in `sst dev`: whose data it works with, and where. */
import { databasePlace } from "./database.ts";
import type { DevSettings } from "./environment.ts";

const table = (rows: Record<string, string>): string => {
  const width = Math.max(...Object.keys(rows).map((name) => name.length)) + 2;
  return Object.entries(rows)
    .map(([name, value]) => `  ${name.padEnd(width)}${value}`)
    .join("\n");
};

/** @param account the AWS account's number, when AWS said it */
export const factsOf = (
  settings: DevSettings,
  options: { account: string | undefined; logDir: string; modelUrl: string | undefined },
): string =>
  table({
    Stage: settings.stage,
    Account: `${options.account ?? "not known, AWS STS could not be asked"}, ${settings.region}`,
    Bucket: settings.bucket,
    Database: databasePlace(settings.databaseUrl),
    Model: options.modelUrl ?? `real: api.anthropic.com, paid with the stage's ${settings.credential.name}`,
    Runs: "processes on this computer, as you and without a sandbox",
    Logs: options.logDir,
  });

export const welcome = (url: string): string =>
  [
    "",
    `  Leo is ready:  ${url}`,
    "",
    "  Edits of packages/core, orchestrator, generator and web go live when you save them.",
    "  Ctrl-C ends everything.",
    "",
  ].join("\n");
