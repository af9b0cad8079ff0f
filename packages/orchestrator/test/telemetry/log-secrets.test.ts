/** The orchestrator's real process, failing in the ways that put somebody else's words into its output. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { BASE_ENV } from "../support/context.ts";

const MAIN = join(import.meta.dirname, "../../src/main.ts");
const TOKENS = {
  anthropic: `sk-ant-oat01-${"a".repeat(24)}`,
  github: `ghp_${"b".repeat(36)}`,
  supabase: `sb_secret_${"c".repeat(24)}`,
  aws: "AKIAABCDEFGHIJKLMNOP",
  password: "hunter2-of-the-database",
};
const ALL = Object.values(TOKENS).join(" ");

/** Everything that the process says until it ends. @param preload a module that is loaded first */
const outputOf = async (env: Record<string, string>, preload?: string) => {
  const imports = preload === undefined ? [] : ["--import", preload];
  const child = spawn(process.execPath, ["--disable-warning=ExperimentalWarning", ...imports, MAIN], {
    env: { PATH: process.env["PATH"], ...BASE_ENV, LEO_LOG_LEVEL: "debug", ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => (output += text));
  const [code] = (await once(child, "close")) as [number];
  return { code, output };
};

/** Throws once the process is far enough to log. */
const throwing = (statement: string) => `
const timer = setInterval(() => {
  if (process.listenerCount("uncaughtException") === 0) return;
  clearInterval(timer);
  ${statement}
}, 1);`;

const FAILURE = `Object.assign(new Error(${JSON.stringify(`login failed for ${ALL.replace(TOKENS.password, "")}`)}), { url: "postgres://leo:${TOKENS.password}@db.example/leo" })`;

test("however a process fails, no log line holds a credential", async () => {
  // A database that takes connections and says nothing holds the start open.
  const silent = createServer(() => undefined);
  await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
  const address = `127.0.0.1:${(silent.address() as AddressInfo).port}`;
  const waiting = { DATABASE_URL: `postgres://leo:${TOKENS.password}@${address}/leo` };
  const refusing = {
    DATABASE_URL: `postgres://leo:${TOKENS.password}@127.0.0.1:1/leo?options=${TOKENS.github}`,
  };
  // In files: a stack would name a module of a data URL with all its text.
  const folder = await mkdtemp(join(tmpdir(), "leo-failing-"));
  const module = async (name: string, statement: string) => {
    await writeFile(join(folder, name), throwing(statement));
    return join(folder, name);
  };
  try {
    const [config, start, thrown, rejected] = await Promise.all([
      outputOf({ DATABASE_URL: ALL, SUPABASE_URL: ALL, GITHUB_BOT_TOKEN: ALL }),
      outputOf(refusing),
      outputOf(waiting, await module("throws.mjs", `throw ${FAILURE};`)),
      outputOf(waiting, await module("rejects.mjs", `void Promise.reject(${FAILURE});`)),
    ]);
    expect(config.output).toContain("DATABASE_URL");
    expect(start.output).toContain('"event":"start_failed"');
    for (const { output } of [thrown, rejected]) {
      expect(output).toContain('"event":"uncaught"');
      expect(output).toContain("[removed: github]");
    }
    for (const { code, output } of [config, start, thrown, rejected]) {
      expect(code).not.toBe(0);
      for (const [name, token] of Object.entries(TOKENS))
        expect([name, output.split("\n").filter((line) => line.includes(token))]).toEqual([name, []]);
    }
  } finally {
    silent.close();
    await rm(folder, { recursive: true });
  }
});
