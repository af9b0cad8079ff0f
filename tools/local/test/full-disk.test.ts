/** A disk without room, as `/dev/full` has it: whatever is written there fails with ENOSPC. */
import { mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { Client } from "pg";
import { expect, test } from "vitest";
import { openLogFile } from "../src/log-file.ts";
import { THROWAWAY_SETTINGS } from "../src/postgres.ts";
import { signalProcess } from "../src/processes/kill-tree.ts";
import { diskFaults } from "../src/start/data-dir.ts";
import { keepPostgres } from "../src/start/kept-postgres.ts";
import { withAuth } from "../src/testing/auth.ts";
import { until } from "../src/testing/until.ts";

const FULL = "/dev/full";
const noRoom = Object.assign(new Error("no space left on device"), { code: "ENOSPC" });

const withDirectory = async (run: (directory: string) => Promise<void>): Promise<void> => {
  const directory = await mkdtemp(path.join(tmpdir(), "leo-full-"));
  try {
    await run(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
};

const query = async (url: string, sql: string) => {
  const client = new Client({ connectionString: url });
  client.on("error", () => undefined);
  await client.connect();
  try {
    return (await client.query<{ n: number }>(sql)).rows;
  } finally {
    await client.end();
  }
};

test.runIf(process.platform === "linux")("a log line without room is lost, and nothing else", () => {
  const log = openLogFile(FULL);
  expect(() => log.write("one\n")).not.toThrow();
  log.close();
  expect(() => log.write("two\n")).toThrow("EBADF");
});

test.runIf(process.platform === "linux")(
  "PostgreSQL without room for its log serves; killed, it runs again where it was and has lost nothing",
  { timeout: 120_000 },
  () =>
    withDirectory(async (directory) => {
      const said: string[] = [];
      const pids: number[] = [];
      const ended: number[] = [];
      const kept = await keepPostgres({
        dataDir: path.join(directory, "postgres"),
        logFile: FULL,
        // With what a crash may not lose: only the waiting is left out.
        settings: { max_connections: THROWAWAY_SETTINGS.max_connections ?? "" },
        onSpawn: (pid) => pids.push(pid),
        onExit: (pid) => ended.push(pid),
        runEnds: new AbortController().signal,
        say: (sentence) => said.push(sentence),
      });
      await query(kept.url(), "create table t (n int); insert into t values (1)");
      for (const round of [1, 2]) {
        signalProcess(pids.at(-1) ?? 0, "SIGKILL");
        await until("PostgreSQL", () => said.length === 2 * round, 60_000);
        expect(await query(kept.url(), "insert into t select max(n) + 1 from t returning n")).toEqual([
          { n: round + 1 },
        ]);
      }
      expect(said).toEqual([
        "PostgreSQL ended unexpectedly (signal SIGKILL); starting it again. Nothing that was stored is lost.",
        "PostgreSQL runs again.",
        "PostgreSQL ended unexpectedly (signal SIGKILL); starting it again. Nothing that was stored is lost.",
        "PostgreSQL runs again.",
      ]);
      expect(ended).toEqual(pids.slice(0, 2));
      await kept.stop();
      expect(said).toHaveLength(4);
    }),
);

test.runIf(process.platform === "linux")(
  "a sign-in that cannot be stored fails, is told in a sentence, and works once there is room",
  () =>
    withDirectory(async (dataDir) => {
      const said: string[] = [];
      const diskFailed = diskFaults(dataDir, (sentence) => said.push(sentence));
      await withAuth({ dataDir, onError: (error) => expect(diskFailed(error)).toBe(true) }, async (auth) => {
        const next = path.join(dataDir, "auth.json.new");
        await symlink(FULL, next);
        await expect(auth.signIn()).rejects.toThrow("Internal error");
        await expect(auth.signIn()).rejects.toThrow("Internal error");
        expect(said).toEqual([
          `The disk is full: Leo keeps its data in ${dataDir}. What could not be stored has failed; free some space, and Leo goes on.`,
        ]);
        await rm(next);
        await auth.signIn();
      });
    }),
);

test("only errors of a full disk are told as one", () => {
  const said: string[] = [];
  const diskFailed = diskFaults("/data", (sentence) => said.push(sentence));
  expect(diskFailed(new Error("something else"))).toBe(false);
  expect(said).toEqual([]);
  expect(diskFailed(noRoom)).toBe(true);
  expect(diskFailed(noRoom)).toBe(true);
  expect(said).toHaveLength(1);
});
