import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { Client } from "pg";
import { expect, test } from "vitest";
import { startPostgres, THROWAWAY_SETTINGS } from "../src/postgres.ts";
import { processTable } from "../src/processes/table.ts";
import { withDatabase } from "../src/testing/database.ts";

const query = async (databaseUrl: string, sql: string): Promise<unknown[]> => {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const { rows } = await client.query<Record<string, unknown>>(sql);
    return rows;
  } finally {
    await client.end();
  }
};

test("every call gets an empty database of its own", async () => {
  await withDatabase(async (databaseUrl) => {
    await query(databaseUrl, "create table only_here (id int)");
    await withDatabase(async (other) => {
      expect(await query(other, "select to_regclass('only_here') as found")).toEqual([{ found: null }]);
    });
  });
});

const withDataDir = async (run: (dataDir: string) => Promise<void>): Promise<void> => {
  const directory = await mkdtemp(path.join(tmpdir(), "leo-postgres-"));
  await run(path.join(directory, "data"));
  await rm(directory, { recursive: true, force: true });
};

const settings = THROWAWAY_SETTINGS;

test("data and password are kept between runs, below a directory that is closed to other users", async () => {
  await withDataDir(async (dataDir) => {
    expect((await stat(path.dirname(dataDir))).mode & 0o777).toBe(0o700);
    const first = await startPostgres({ dataDir, password: "a/b?c", settings });
    await query(first.url(), "create table kept as select 42 as answer");
    await first.stop();
    const second = await startPostgres({ dataDir, password: "a/b?c", settings });
    expect(await query(second.url(), "select answer from kept")).toEqual([{ answer: 42 }]);
    const wrong = second.url().replace("a%2Fb%3Fc", "wrong");
    await expect(query(wrong, "select 1")).rejects.toThrow("password authentication failed");
    await second.stop();
    expect((await processTable()).some(({ pid }) => pid === second.pid)).toBe(false);
  });
});

test("the server listens on loopback only", async () => {
  await withDatabase(async (databaseUrl) => {
    const rows = await query(
      databaseUrl,
      "select name, setting from pg_settings where name like '%addresses' or name like 'unix_socket_dir%'",
    );
    expect(rows).toEqual([
      { name: "listen_addresses", setting: "127.0.0.1" },
      { name: "unix_socket_directories", setting: "" },
    ]);
  });
});

test("a data directory without its version file is damaged, and stays as it is", async () => {
  await withDataDir(async (dataDir) => {
    const server = await startPostgres({ dataDir, settings });
    await server.stop();
    await rm(path.join(dataDir, "PG_VERSION"));
    await expect(startPostgres({ dataDir, settings })).rejects.toMatchObject({
      name: "StartError",
      message: expect.stringMatching(/is damaged .*npm start -- --fresh/) as string,
    });
    expect((await stat(path.join(dataDir, "base"))).isDirectory()).toBe(true);
  });
});

test("a path that is a file is refused in one sentence", async () => {
  await withDataDir(async (dataDir) => {
    await writeFile(dataDir, "");
    const started = startPostgres({ dataDir: path.join(dataDir, "below"), settings });
    await expect(started).rejects.toMatchObject({ name: "StartError" });
  });
});

test("a server that its starter left running is ended before the next one starts", async () => {
  await withDataDir(async (dataDir) => {
    const left = await startPostgres({ dataDir, settings });
    const next = await startPostgres({ dataDir, settings });
    await left.ended;
    expect(await query(next.url(), "select 1 as one")).toEqual([{ one: 1 }]);
    await next.stop();
  });
});
