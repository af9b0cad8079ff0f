import { createHash } from "node:crypto";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Command } from "../../../command.ts";
import { StartError } from "../start-error.ts";
import { modelSettings } from "./model-settings.ts";

export const ROOT = path.resolve(import.meta.dirname, "../../../..");

const LOCAL_PASSWORD_MIN_CHARS = 8;

/** Compiled code of all of Leo's processes, which then start in half the time. */
export const CACHE_DIR = path.join(ROOT, "node_modules/.cache/leo/compiled");

export interface StartSettings {
  /** The one port that is fixed. */
  port: number;
  /** The origin under which people open Leo. */
  publicUrl: string;
  /** Everything that is kept between runs. */
  dataDir: string;
  logDir: string;
  /** Homes of running containers; outside of the checkout, gone with the run. */
  workDir: string;
  /** Of both local users, from now on; none: the one that the data folder holds. */
  localPassword?: string;
  /** Begin with nothing. */
  fresh: boolean;
  /** Credential for the real model; none: the scripted one. */
  credential?: {
    name: "CLAUDE_CODE_OAUTH_TOKEN" | "ANTHROPIC_API_KEY" | "ANTHROPIC_AUTH_TOKEN";
    value: string;
  };
  /** Whose Messages API answers, when it isn't Anthropic's own. */
  modelBaseUrl?: string;
}

const portOf = (text: string | undefined): number => {
  if (!text) return 5013;
  const port = Number(text);
  if (Number.isInteger(port) && port >= 1 && port <= 65_535) return port;
  throw new StartError(`PORT is "${text}"; it must be a number from 1 to 65535.`);
};

const publicUrlOf = (text: string | undefined, port: number): string => {
  if (!text) return `http://localhost:${port}`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isOrigin = url?.protocol.startsWith("http") && url.href === `${url.origin}/`;
  if (url && isOrigin) return url.origin;
  throw new StartError(
    `LEO_PUBLIC_URL is "${text}"; it must be an address without a path, such as http://leo.test:${port}.`,
  );
};

const localPasswordOf = (text: string | undefined): string | undefined => {
  if (!text) return undefined;
  if (text.length >= LOCAL_PASSWORD_MIN_CHARS && !/[\p{Cc}\p{Zl}\p{Zp}]|^\s|\s$/u.test(text)) return text;
  throw new StartError(
    `LEO_LOCAL_PASSWORD must have at least ${LOCAL_PASSWORD_MIN_CHARS} characters, no line breaks, and no space at either end.`,
  );
};

export const START = {
  name: "npm start",
  about: "Starts all of Leo on this machine. Ctrl-C stops it.",
  options: { fresh: { type: "flag", about: "Delete all local data first: apps, users, the database" } },
  notes: [
    "Environment:",
    "  PORT                     Where the browser finds Leo (default 5013)",
    "  LEO_PUBLIC_URL           Another address of this machine to open Leo at, such as http://leo.test:5013",
    "  LEO_DATA_DIR             Where local data is kept (default .leo in the project's folder)",
    "  LEO_LOCAL_PASSWORD       The local users' password from now on (default: a random one, printed)",
    "  CLAUDE_CODE_OAUTH_TOKEN  Use Claude with a subscription, not the demo model",
    "  ANTHROPIC_API_KEY        Use Claude with an API key, not the demo model",
    "  ANTHROPIC_BASE_URL       Use another endpoint with the Messages API, and a key of its own:",
    "                           ANTHROPIC_API_KEY, or ANTHROPIC_AUTH_TOKEN to send it as a bearer token",
    "  LEO_MODEL                The model's name",
    "  HTTPS_PROXY, NO_PROXY, NODE_EXTRA_CA_CERTS, SSL_CERT_FILE",
    "                           The way to the internet, for Leo and what it starts",
  ].join("\n"),
} as const satisfies Command;

/**
 * Where and how Leo runs on this machine.
 * @param fresh whether local data is deleted first
 * @param env usually `process.env`
 * @throws StartError
 */
export const readSettings = ({ fresh }: { fresh: boolean }, env: NodeJS.ProcessEnv): StartSettings => {
  const dataDir = path.resolve(env.LEO_DATA_DIR || path.join(ROOT, ".leo"));
  const name = createHash("sha256").update(dataDir).digest("hex").slice(0, 8);
  const port = portOf(env.PORT);
  return {
    port,
    publicUrl: publicUrlOf(env.LEO_PUBLIC_URL, port),
    dataDir,
    logDir: path.join(dataDir, "logs"),
    workDir: path.join(tmpdir(), `leo-${name}`),
    localPassword: localPasswordOf(env.LEO_LOCAL_PASSWORD),
    fresh,
    ...modelSettings(env),
  };
};
