import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { StartError } from "../start-error.ts";

export const ROOT = path.resolve(import.meta.dirname, "../../../..");

/** Compiled code of all of Leo's processes, which then start in half the time. */
export const CACHE_DIR = path.join(ROOT, "node_modules/.cache/leo/compiled");

export interface StartSettings {
  /** The one port that is fixed. */
  port: number;
  /** Everything that is kept between runs. */
  dataDir: string;
  logDir: string;
  /** Homes of running containers; outside of the checkout, gone with the run. */
  workDir: string;
  /** Begin with nothing. */
  fresh: boolean;
  /** Credential for the real model; none: the scripted one. */
  credential?: { name: "CLAUDE_CODE_OAUTH_TOKEN" | "ANTHROPIC_API_KEY"; value: string };
}

const portOf = (text: string | undefined): number => {
  if (!text) return 5013;
  const port = Number(text);
  if (Number.isInteger(port) && port >= 1 && port <= 65_535) return port;
  throw new StartError(`PORT is "${text}"; it must be a number from 1 to 65535.`);
};

const credentialOf = (env: NodeJS.ProcessEnv): StartSettings["credential"] => {
  for (const name of ["CLAUDE_CODE_OAUTH_TOKEN", "ANTHROPIC_API_KEY"] as const) {
    const value = env[name];
    if (value) return { name, value };
  }
  return undefined;
};

const flags = (args: string[]): { fresh?: boolean } => {
  try {
    return parseArgs({ args, options: { fresh: { type: "boolean" } } }).values;
  } catch (cause) {
    throw new StartError("Usage: npm start [-- --fresh]   (--fresh empties .leo/ first)", { cause });
  }
};

/** What the person asked for. @throws StartError */
export const readSettings = (args: string[], env: NodeJS.ProcessEnv): StartSettings => {
  const dataDir = path.resolve(env.LEO_DATA_DIR || path.join(ROOT, ".leo"));
  const name = createHash("sha256").update(dataDir).digest("hex").slice(0, 8);
  return {
    port: portOf(env.PORT),
    dataDir,
    logDir: path.join(dataDir, "logs"),
    workDir: path.join(tmpdir(), `leo-${name}`),
    fresh: flags(args).fresh ?? false,
    credential: credentialOf(env),
  };
};
