import { chmod, mkdir, mkdtemp, readdir, rm, stat, utimes, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { once } from "node:events";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "vitest";
import { freePort } from "../src/free-port.ts";
import { explainPostgres } from "../src/postgres/explain.ts";
import { explainDisk, LOCAL_PASSWORD_FILE, localSecret, prepareDataDir } from "../src/start/data-dir.ts";
import { generatorDefinition } from "../src/start/generator-definition.ts";
import { orchestratorEnv, passedOn } from "../src/start/orchestrator-env.ts";
import { refuseTakenPort } from "../src/start/public-port.ts";
import { refuseSecondRun, writeRunFile } from "../src/start/run-file.ts";
import { readSettings } from "../src/start/settings.ts";

const withDirectory = async (run: (directory: string) => Promise<void>): Promise<void> => {
  const directory = await mkdtemp(path.join(tmpdir(), "leo-data-"));
  await run(directory);
  await rm(directory, { recursive: true, force: true });
};

test("a real credential reaches only the driver's container", () => {
  const { credential } = readSettings({ fresh: false }, { CLAUDE_CODE_OAUTH_TOKEN: "token-value" });
  const definition = generatorDefinition(
    { credential },
    { generatorEnv: { AWS_SECRET_ACCESS_KEY: "from-s3" } },
    {
      environment: {},
      userEnvironment: {},
    },
  );
  const [sandbox, leo] = definition.containers;
  expect([sandbox?.name, leo?.name]).toEqual(["sandbox", "leo"]);
  expect(JSON.stringify(sandbox)).not.toMatch(/token-value|from-s3/);
  expect(sandbox).not.toHaveProperty("secrets");
  expect(JSON.stringify(leo?.environment)).not.toContain("token-value");
  expect(leo?.secrets).toEqual({ CLAUDE_CODE_OAUTH_TOKEN: "token-value" });
  expect(leo?.environment).not.toHaveProperty("LEO_UPSTREAM_URL");
  const env = {
    CLAUDE_CODE_OAUTH_TOKEN: "a",
    ANTHROPIC_API_KEY: "b",
    AWS_SECRET_ACCESS_KEY: "c",
    LEO_LOG_LEVEL: "warn",
    LEO_LOCAL_PASSWORD: "d",
  };
  expect(passedOn(env)).toEqual({ LEO_LOG_LEVEL: "warn" });
});

test("an API key is a credential too, and without one the model is scripted", () => {
  expect(readSettings({ fresh: false }, { ANTHROPIC_API_KEY: "key" }).credential).toEqual({
    name: "ANTHROPIC_API_KEY",
    value: "key",
  });
  expect(readSettings({ fresh: false }, {}).credential).toBeUndefined();
});

const OAUTH = ["sk", "ant", "oat01", "x".repeat(20)].join("-");
const BASE = "https://llm.example.com/anthropic";
test.for<[string, NodeJS.ProcessEnv, { name: string; value: string } | undefined, string | undefined]>([
  [
    "Anthropic's own address changes nothing",
    { ANTHROPIC_BASE_URL: "https://api.anthropic.com", CLAUDE_CODE_OAUTH_TOKEN: "t" },
    { name: "CLAUDE_CODE_OAUTH_TOKEN", value: "t" },
    undefined,
  ],
  [
    "an endpoint gets its key, and not the Claude token",
    { ANTHROPIC_BASE_URL: `${BASE}/`, CLAUDE_CODE_OAUTH_TOKEN: "t", ANTHROPIC_API_KEY: "k" },
    { name: "ANTHROPIC_API_KEY", value: "k" },
    BASE,
  ],
  [
    "or its bearer token",
    { ANTHROPIC_BASE_URL: "http://127.0.0.1:4000", ANTHROPIC_AUTH_TOKEN: "b" },
    { name: "ANTHROPIC_AUTH_TOKEN", value: "b" },
    "http://127.0.0.1:4000",
  ],
  ["a bearer token without an endpoint is nobody's", { ANTHROPIC_AUTH_TOKEN: "b" }, undefined, undefined],
])("%s", ([, env, credential, modelBaseUrl]) => {
  const settings = readSettings({ fresh: false }, env);
  expect(settings.credential).toEqual(credential);
  expect(settings.modelBaseUrl).toBe(modelBaseUrl);
});

test.for<[NodeJS.ProcessEnv, RegExp]>([
  [
    { ANTHROPIC_BASE_URL: BASE },
    /^ANTHROPIC_BASE_URL is https:\/\/llm\.example\.com, which needs a key of its own: set/,
  ],
  [{ ANTHROPIC_BASE_URL: BASE, CLAUDE_CODE_OAUTH_TOKEN: OAUTH }, /sent to api\.anthropic\.com only/],
  [{ ANTHROPIC_BASE_URL: BASE, ANTHROPIC_API_KEY: OAUTH }, /holds a Claude subscription's token/],
  [
    { ANTHROPIC_BASE_URL: "http://127.0.0.1:4000", ANTHROPIC_AUTH_TOKEN: OAUTH },
    /holds a Claude subscription's token/,
  ],
  [
    { LEO_MODEL: "claude-opus-9" },
    /^LEO_MODEL is "claude-opus-9", .* such as LEO_MODEL=claude-opus-5-5 npm start/,
  ],
  [{ ANTHROPIC_BASE_URL: "llm.example.com", ANTHROPIC_API_KEY: "k" }, /not an address that Leo can use/],
  [
    { ANTHROPIC_BASE_URL: "https://u:p@llm.example.com", ANTHROPIC_API_KEY: "k" },
    /not an address that Leo can use/,
  ],
])("what cannot work is one sentence: %o", ([env, sentence]) => {
  expect(() => readSettings({ fresh: false }, env)).toThrow(sentence);
});

test("the local password is generated once, readable by its owner only, and can be set", async () => {
  await withDirectory(async (directory) => {
    const file = path.join(directory, LOCAL_PASSWORD_FILE);
    const password = (chosen?: string) => localSecret(directory, LOCAL_PASSWORD_FILE, chosen);
    const made = await password();
    expect(made).toMatch(/^[\w-]{16,}$/);
    expect(await password()).toBe(made);
    await chmod(file, 0o644);
    expect(await password()).toBe(made);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    const { localPassword } = readSettings({ fresh: false }, { LEO_LOCAL_PASSWORD: "chosen by hand" });
    expect(await password(localPassword)).toBe("chosen by hand");
    expect(await password()).toBe("chosen by hand");
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    // What a full disk left of it once.
    await writeFile(file, "");
    expect(await password()).toMatch(/^[\w-]{16,}$/);
  });
});

test.each(["short", " begins with a space", "has\na line break"])(
  "LEO_LOCAL_PASSWORD=%j is rejected in a sentence that does not repeat it",
  (password) => {
    const read = () => readSettings({ fresh: false }, { LEO_LOCAL_PASSWORD: password });
    expect(read).toThrow("LEO_LOCAL_PASSWORD must have at least 8 characters, no line breaks, and no space");
    expect(read).not.toThrow(password);
  },
);

test.each(["0", "65536", "http", "50.5"])("PORT=%s is refused", (port) => {
  expect(() => readSettings({ fresh: false }, { PORT: port })).toThrow(`PORT is "${port}"`);
});

test("Leo is opened at localhost, or under the name that LEO_PUBLIC_URL gives it", () => {
  const opened = (env: NodeJS.ProcessEnv) => {
    const settings = readSettings({ fresh: false }, env);
    const { LEO_PUBLIC_URL, LEO_PREVIEW_URL_TEMPLATE, LEO_LISTEN_HOST } = orchestratorEnv(settings, {
      aws: { env: {} },
      ecs: { env: {}, cluster: "c" },
      auth: { url: "http://127.0.0.1:1", anonKey: "k" },
      queueUrl: "q",
      databaseUrl: "d",
      generatorPort: 1,
    });
    expect(LEO_LISTEN_HOST).toBe("127.0.0.1");
    return [LEO_PUBLIC_URL, LEO_PREVIEW_URL_TEMPLATE];
  };
  expect(opened({})).toEqual(["http://localhost:5013", "http://{generationId}.localhost:5013"]);
  expect(opened({ PORT: "6000", LEO_PUBLIC_URL: "http://127.0.0.1:6000" })).toEqual([
    "http://127.0.0.1:6000",
    "http://{generationId}.localhost:6000",
  ]);
  // Browsers look for hosts below another name elsewhere.
  expect(opened({ LEO_PUBLIC_URL: "http://leo.test:5013/" })).toEqual([
    "http://leo.test:5013",
    "http://leo.test:5013/preview/{generationId}/",
  ]);
});

test.each(["leo.test", "leo.test:5013", "ftp://leo.test", "http://leo.test/app", "http://a:b@leo.test"])(
  "LEO_PUBLIC_URL=%s is rejected with an example",
  (url) => {
    expect(() => readSettings({ fresh: false }, { LEO_PUBLIC_URL: url })).toThrow(
      `LEO_PUBLIC_URL is "${url}"; it must be an address without a path, such as http://leo.test:5013.`,
    );
  },
);

test("a port that is taken on either loopback address is refused", async () => {
  for (const host of ["127.0.0.1", "::1"]) {
    const server = createServer().listen(0, host);
    await once(server, "listening");
    const { port } = server.address() as { port: number };
    await expect(refuseTakenPort(port)).rejects.toThrow(`Port ${port} is taken`);
    server.close();
    await once(server, "close");
  }
  await expect(refuseTakenPort(await freePort())).resolves.toBeUndefined();
});

test("a run file of a process that is gone, or that is half written, holds nobody", async () => {
  await withDirectory(async (directory) => {
    await writeRunFile(directory, { url: "http://localhost:1", endpoints: {}, pids: {} });
    await refuseSecondRun(directory);
    const gone = { pid: process.pid, started: "another time", url: "", endpoints: {}, pids: {} };
    await writeFile(path.join(directory, "run.json"), JSON.stringify(gone));
    await refuseSecondRun(directory);
    await writeFile(path.join(directory, "run.json"), '{"pid": 1');
    await expect(refuseSecondRun(directory)).resolves.toBeUndefined();
  });
});

test("--fresh empties the data directory; without it everything stays, but logs stay small", async () => {
  await withDirectory(async (directory) => {
    const logs = path.join(directory, "logs");
    await prepareDataDir(directory, logs, false);
    const secret = await localSecret(directory, "secret");
    await writeFile(path.join(logs, "orchestrator.log"), Buffer.alloc(11 * 1024 * 1024));
    for (let task = 0; task < 205; task++) {
      const folder = path.join(logs, `task-${task}`);
      await mkdir(folder);
      await utimes(folder, task, task);
    }
    await prepareDataDir(directory, logs, false);
    expect(await localSecret(directory, "secret")).toBe(secret);
    const kept = await readdir(logs);
    expect(kept).toContain("orchestrator.log.1");
    expect(kept).not.toContain("task-4");
    expect(kept).toContain("task-5");
    await prepareDataDir(directory, logs, true);
    expect(await readdir(directory)).toEqual(["logs"]);
  });
});

test.each([
  ["ENOSPC", "The disk is full"],
  ["EROFS", "The disk is read-only"],
  ["EACCES", "This user may not write there"],
])("%s is a sentence that names the directory", (code, sentence) => {
  const error = Object.assign(new Error(code), { code });
  expect(explainDisk(error, "/data/.leo")).toMatchObject({
    name: "StartError",
    message: expect.stringMatching(new RegExp(`^${sentence}.*/data/\\.leo`)) as string,
  });
});

test.each([
  ['FATAL:  could not write lock file "postmaster.pid": No space left on device', /^The disk is full/],
  [
    'FATAL:  could not extend file "base/1/1255": wrote only 4096 of 8192 bytes\nHINT:  Check free disk space.',
    /^The disk is full/,
  ],
  ["initdb: error: could not create directory: Permission denied", /may not write to \/data/],
  ["PANIC:  could not locate a valid checkpoint record", /is damaged .*--fresh/],
  ["FATAL:  database files are incompatible with server", /is damaged .*--fresh/],
  ["spawn setpriv ENOENT", /every user may enter/],
  ["FATAL:  something new", /did not start in \/data: something new/],
])("PostgreSQL's %j is one sentence", (output, sentence) => {
  expect(explainPostgres(output, "/data").message).toMatch(sentence);
});
