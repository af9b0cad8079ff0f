import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { freePort } from "../src/free-port.ts";
import { containerMark } from "../src/processes/container-mark.ts";
import { killTree, treeMembers } from "../src/processes/kill-tree.ts";
import { processTable } from "../src/processes/table.ts";
import { runningLeo, type RunFile } from "../src/start/run-file.ts";
import { readSettings, ROOT } from "../src/start/settings.ts";
import { until } from "../src/testing/until.ts";

export interface Place {
  dataDir: string;
  port: number;
  /** `npm start`, with more arguments and environment; everything of it is ended after the test. */
  npmStart: (args?: string[], env?: Record<string, string>) => NpmStart;
}

export interface NpmStart {
  npm: ChildProcess;
  output: () => string;
  /** Resolves with the run file once the URL is printed. */
  ready: () => Promise<RunFile>;
  /** Resolves with the exit code. */
  exited: Promise<number | null>;
  /** What the terminal does: SIGINT to the whole foreground group. */
  pressCtrlC: () => void;
  /** Every process of this run: npm, the entry, what it started and what those started. */
  processes: () => Promise<Map<number, string>>;
}

/** Pids of these processes that still live. */
export const stillAlive = async (processes: ReadonlyMap<number, string>): Promise<number[]> =>
  (await processTable()).filter(({ pid, started }) => processes.get(pid) === started).map(({ pid }) => pid);

const READY_MS = 90_000;

/** A data directory and a port of its own for runs of `npm start`. */
export const withPlace = async (run: (place: Place) => Promise<void>): Promise<void> => {
  const dataDir = await mkdtemp(path.join(tmpdir(), "leo-start-"));
  const port = await freePort();
  const { workDir } = readSettings({ fresh: false }, { LEO_DATA_DIR: dataDir });
  const runs: ChildProcess[] = [];
  const tree = () => ({ roots: runs.map(({ pid = 0 }) => pid), marks: [containerMark(workDir)] });
  const npmStart: Place["npmStart"] = (args = [], env = {}) => {
    const npm = spawn("npm", ["start", "--", ...args], {
      cwd: ROOT,
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        PATH: process.env.PATH,
        HOME: process.env.HOME,
        LEO_DATA_DIR: dataDir,
        PORT: String(port),
        ...env,
      },
    });
    runs.push(npm);
    let output = "";
    for (const stream of [npm.stdout, npm.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => (output += text));
    }
    const exited = once(npm, "close").then(([code]) => code as number | null);
    const ready = async (): Promise<RunFile> => {
      await until(
        "the URL",
        () => {
          if (npm.exitCode !== null) throw new Error(`npm start ended:\n${output}`);
          return output.includes("Leo is ready");
        },
        READY_MS,
      );
      return until("the run file", async () => runningLeo(dataDir));
    };
    return {
      npm,
      output: () => output,
      ready,
      exited,
      pressCtrlC: () => process.kill(-(npm.pid ?? 0), "SIGINT"),
      processes: async () => treeMembers(tree()),
    };
  };
  try {
    await run({ dataDir, port, npmStart });
  } finally {
    await killTree(tree());
    await Promise.all([dataDir, workDir].map(async (name) => rm(name, { recursive: true, force: true })));
  }
};

/** Signs in as Leo's page does with one click. @returns the access token */
export const signIn = async ({ url, endpoints }: RunFile): Promise<string> => {
  const token = await fetch(`${endpoints.supabase}/auth/v1/this-computer`, {
    method: "POST",
    headers: { origin: url },
  });
  return ((await token.json()) as { access_token: string }).access_token;
};

/** A caller of the API, as the local user. */
export const signedIn = async (run: RunFile, token?: string) => {
  const origin = run.url.replace("localhost", "127.0.0.1");
  const accessToken = token ?? (await signIn(run));
  return async <T>(method: string, route: string, body?: unknown): Promise<T> => {
    const response = await fetch(origin + route, {
      method,
      headers: {
        authorization: `Bearer ${accessToken}`,
        "content-type": "application/json",
        "idempotency-key": crypto.randomUUID(),
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${method} ${route}: ${response.status} ${await response.text()}`);
    return (response.status === 204 ? undefined : await response.json()) as T;
  };
};

/** Submits a request and waits until the agent, made slow, is at work on it. */
export const agentAtWork = async (run: RunFile): Promise<string> => {
  const call = await signedIn(run);
  const { generation } = await call<{ generation: { id: string } }>("POST", "/api/apps", {
    prompt: "a todo list",
  });
  await until(
    "a step of the agent",
    async () => {
      const { events } = await call<{ events: { type: string }[] }>(
        "GET",
        `/api/generations/${generation.id}/events?since=0`,
      );
      return events.some(({ type }) => type === "agent_tool");
    },
    60_000,
  );
  return generation.id;
};

/** The scripted model takes its time, so that a test finds the agent in the middle of its work. */
export const SLOW_MODEL = { LEO_MOCK_PACE_MS: "400" };
