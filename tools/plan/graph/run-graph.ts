import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { committedDefaults, layeredEnvironment, WITHOUT_ENV_FILES } from "../../environment/env-files.ts";
import { SECRET_NAMES } from "../../../infra/secret-list.ts";
import { readRegion } from "../../../infra/stage.ts";
import { buildProgram } from "./build-program.ts";
import type { AccountFacts, Graph, ProgramInput, Refusal } from "./graph.ts";
import { ensurePlatform, PLATFORM, ROOT } from "./install-platform.ts";

export interface GraphOptions {
  stage: string;
  dev?: boolean;
  /** LEO_… variables. */
  settings?: Record<string, string>;
  /** Whether this machine's environment and `.env` files count; tests must not depend on them. */
  inheritSettings?: boolean;
  /** Values of secrets; each of the seven has one by default. */
  secrets?: Record<string, string>;
  accountId?: string;
  vcpuQuota?: number;
  /** Names that LEO_ADOPT doesn't find; everything else it looks for exists. */
  absent?: string[];
  /** Whether a Docker daemon answers, and what its builder can build for. */
  docker?: boolean;
  platforms?: string[];
  account?: AccountFacts;
}

const PLATFORMS = ["linux/amd64", "linux/arm64"];

/** What a stage with a domain needs, whatever the domain. */
const healthyAccount = (settings: Record<string, string | undefined>): AccountFacts => {
  const { LEO_DOMAIN: domain, LEO_PREVIEW_DOMAIN: previews } = settings;
  const named = [domain, previews].filter((name) => name !== undefined && name !== "") as string[];
  return {
    zones: named.map((name, index) => ({ name, id: `Z${index}`, isPrivate: false })),
    certificate: { status: "ISSUED", names: [...named, `*.${previews || `preview.${domain}`}`] },
  };
};

/** Values that must never appear in clear text outside Secrets Manager. */
export const SENTINELS: Record<string, string> = {
  ...Object.fromEntries(SECRET_NAMES.map((name) => [name, `CLEAR-TEXT-${name}`])),
  DatabaseUrl: "postgresql://leo:CLEAR-TEXT-DatabaseUrl@pooler.example.com:5432/postgres?sslmode=require",
};

const PRELOAD = path.join(import.meta.dirname, "preload.ts");

/** The committed defaults and nothing else. */
const defaultSettings = (): Record<string, string | undefined> => ({
  ...WITHOUT_ENV_FILES,
  ...committedDefaults(),
});

/** Inside the platform's folder, where the bundle finds Pulumi's packages. */
const BUNDLE = path.join(PLATFORM, "leo-graph.mjs");
let bundle: Promise<void> | undefined;

/** Built once per process; concurrent processes write the same file. */
const bundled = () => {
  bundle ??= (async () => {
    await ensurePlatform();
    const fresh = `${BUNDLE}.${process.pid}`;
    await buildProgram(fresh);
    await rename(fresh, BUNDLE);
  })();
  return bundle;
};

const withFolder = async <T>(work: (folder: string) => Promise<T>): Promise<T> => {
  const folder = await mkdtemp(path.join(tmpdir(), "leo-graph-"));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

/** A `docker` whose daemon answers or doesn't; mocks build nothing. */
const standInDocker = async (folder: string, answers: boolean, platforms: string[]) => {
  const bin = path.join(folder, "bin");
  await mkdir(bin);
  const builder = `Name: stand-in\nDriver: docker-container\n\nNodes:\nPlatforms: ${platforms.join(", ")}\n`;
  const script = answers ? `#!/bin/sh\ncat <<'END'\n${builder}END\n` : "#!/bin/sh\nexit 1\n";
  await writeFile(path.join(bin, "docker"), script, { mode: 0o755 });
  return bin;
};

const secretVariables = (secrets: Record<string, string>) =>
  Object.fromEntries(Object.entries(secrets).map(([name, value]) => [`SST_SECRET_${name}`, value]));

const program = async (options: GraphOptions): Promise<Graph | Refusal> =>
  withFolder(async (folder) => {
    const settings = { ...(options.inheritSettings ? process.env : defaultSettings()), ...options.settings };
    const bin = await standInDocker(folder, options.docker ?? true, options.platforms ?? PLATFORMS);
    const file = path.join(folder, "graph.json");
    const input: ProgramInput = {
      stage: options.stage,
      dev: options.dev ?? false,
      root: ROOT,
      workFolder: folder,
      accountId: options.accountId ?? "111122223333",
      region: readRegion(options.stage, settings),
      vcpuQuota: options.vcpuQuota ?? 1000,
      account: { ...healthyAccount(layeredEnvironment(options.stage, settings)), ...options.account },
      absent: options.absent ?? [],
    };
    const env = {
      ...settings,
      ...secretVariables(options.secrets ?? SENTINELS),
      PATH: `${bin}:${process.env.PATH}`,
      NODE_COMPILE_CACHE: path.join(ROOT, "node_modules/.cache/leo-graph"),
      LEO_GRAPH_INPUT: JSON.stringify(input),
      LEO_GRAPH_FILE: file,
    };
    await bundled();
    const flags = ["--no-deprecation", "--import", PRELOAD];
    await promisify(execFile)(process.execPath, [...flags, BUNDLE], {
      cwd: ROOT,
      env,
      timeout: 120_000,
    });
    return JSON.parse(await readFile(file, "utf8")) as Graph | Refusal;
  });

const results = new Map<string, Promise<Graph | Refusal>>();

/** The same options give the same graph, so a process builds it once. Callers must not change the result. */
const run = async (options: GraphOptions): Promise<Graph | Refusal> => {
  const key = JSON.stringify(options);
  const result = results.get(key) ?? program(options);
  results.set(key, result);
  return result;
};

/** A stage's complete resource graph. Throws with the reasons if the stage is rejected. */
export const graphOf = async (options: GraphOptions): Promise<Graph> => {
  const result = await run(options);
  if ("refused" in result) throw new Error(result.refused);
  return result;
};

/** Why a stage is rejected. Throws if it isn't. */
export const refusalOf = async (options: GraphOptions): Promise<Refusal> => {
  const result = await run(options);
  if (!("refused" in result)) throw new Error("The stage was not refused");
  return result;
};
