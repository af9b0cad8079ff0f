/** SST's own CLI is asked what it sees; what we read must be the same. */
import { execFile } from "node:child_process";
import { mkdtemp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  committedDefaults,
  enterStage,
  envConflicts,
  type Environment,
  layeredEnvironment,
  sstEnvironment,
} from "../env-files.ts";
import { parseEnvText } from "../env-syntax.ts";
import { readRegion, readStage } from "../../../infra/stage.ts";

const SST = path.resolve(import.meta.dirname, "../../../node_modules/.bin/sst");

const SHELL_ENVIRONMENT = path.resolve(import.meta.dirname, "../shell-environment.ts");

/** Writes down the environment that `app()` sees, and stops before anything is installed or asked of AWS. */
const CONFIG = `export default $config({
  async app(input) {
    const { writeFileSync } = await import("node:fs");
    const { shellEnvironment } = await import(${JSON.stringify(SHELL_ENVIRONMENT)});
    const shell = shellEnvironment();
    writeFileSync(process.env.SEEN, JSON.stringify({ stage: input.stage, env: process.env, shell }));
    process.exit(1);
  },
  async run() {},
});`;

let home: string;
beforeAll(async () => {
  home = await mkdtemp(path.join(tmpdir(), "leo-settings-"));
});
afterAll(() => rm(home, { recursive: true }));

let projects = 0;
const projectWith = async (files: Record<string, string>): Promise<string> => {
  projects += 1;
  const folder = path.join(home, String(projects));
  await mkdir(folder);
  for (const [name, text] of Object.entries({ ...files, "sst.config.ts": CONFIG }))
    await writeFile(path.join(folder, name), text);
  return folder;
};

interface Seen {
  stage: string;
  env: Environment;
  /** What the CLI was started with, where the system keeps it. */
  shell?: Environment;
}

const askSst = async (cwd: string, env: Environment, args = ["--stage", "ada"]): Promise<Seen> => {
  const seen = path.join(home, `seen-${projects}.json`);
  const whole = {
    PATH: process.env.PATH,
    HOME: home,
    SST_NO_BUN: "1",
    SST_SKIP_DEPENDENCY_CHECK: "1",
    SST_TELEMETRY_DISABLED: "1",
    SEEN: seen,
    ...env,
  };
  const failed = await new Promise<string>((resolve) => {
    execFile(SST, ["diff", ...args], { cwd, env: whole }, (_, stdout, stderr) => resolve(stdout + stderr));
  });
  const text = await readFile(seen, "utf8").catch(() => {
    throw new Error(`SST did not evaluate app(): ${failed}`);
  });
  return JSON.parse(text) as Seen;
};

const only = (names: string[], env: Environment) =>
  Object.fromEntries(names.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));

const lines = (values: Record<string, string>) =>
  Object.entries(values)
    .map(([name, value]) => `${name}=${value}\n`)
    .join("");

/** Each of the three layers leaves a variable out, sets it to nothing, or sets it. */
const STATES = ["Absent", "Empty", "Set"] as const;
const COMBINATIONS = STATES.flatMap((ofStage) =>
  STATES.flatMap((shell) => STATES.map((shared) => ({ ofStage, shell, shared }))),
);
const nameOf = ({ ofStage, shell, shared }: (typeof COMBINATIONS)[number]) =>
  `LEO_${ofStage}_${shell}_${shared}`.toUpperCase();
const layer = (which: keyof (typeof COMBINATIONS)[number]) =>
  Object.fromEntries(
    COMBINATIONS.filter((combination) => combination[which] !== "Absent").map((combination) => [
      nameOf(combination),
      combination[which] === "Empty" ? "" : which,
    ]),
  );

test("`.env.{stage}`, the environment and `.env` rank as they do for SST, empty values included", async () => {
  const folder = await projectWith({ ".env.ada": lines(layer("ofStage")), ".env": lines(layer("shared")) });
  const shell = layer("shell");
  const names = COMBINATIONS.map(nameOf);
  const { env } = await askSst(folder, shell);
  const ours = layeredEnvironment("ada", { ...shell, LEO_SETTINGS_FOLDER: folder });
  expect(only(names, ours)).toEqual(only(names, env));
  expect(env).toMatchObject({
    LEO_SET_SET_SET: "ofStage",
    LEO_EMPTY_SET_SET: "",
    LEO_ABSENT_SET_SET: "shell",
    LEO_ABSENT_EMPTY_SET: "",
    LEO_ABSENT_ABSENT_SET: "shared",
  });
});

const WELL_FORMED = [
  "A1=plain",
  "A2= spaces around \t",
  "A3='single $A1 \\n #quoted'",
  'A4="double $A1 ${A1} \\$A1 \\n tab\\t back\\\\slash"',
  'A5="two\nlines"',
  "export A6=exported",
  "export\tA7 = exported",
  "A8: yaml",
  "A9=value # comment",
  "B1=value#none",
  "B2=one # two # three",
  "B3=#x",
  "B4=`back ticks`",
  "B5=$A1-${A1}-\\$A1-$(A1)-$UNKNOWN-$lower-$",
  'B6="quote \\" inside"',
  "B7=''",
  'B8="a" B9="b" # comment',
  "# A1=comment",
  "C1=a=b:c",
  "C2=é # ü",
  "C3=\u00a0no-break\u00a0",
  "C4=x\r\nC5=y",
  "C6=$HOME",
  "C7=\"''\"",
  "C8=a\\nb",
  "A1=again",
  "C9=last without a line break",
].join("\n");

test("values, quotes, comments, variables and line breaks are read as SST reads them", async () => {
  const folder = await projectWith({ ".env.ada": WELL_FORMED });
  const names = Object.keys(parseEnvText(WELL_FORMED));
  const { env } = await askSst(folder, {});
  expect(names.length).toBeGreaterThan(25);
  expect(only(names, sstEnvironment("ada", { LEO_SETTINGS_FOLDER: folder }))).toEqual(only(names, env));
  expect(env).toMatchObject({
    A1: "again",
    A5: "two\nlines",
    B2: "one # two",
    B5: expect.stringMatching(/^plain-/),
  });
});

test.for([
  ["a dash in a name", "GOOD=1\nBAD-NAME=2\n", 2],
  ["no equals sign", "GOOD=1\n\nBAD\nOTHER=2\n", 3],
  ["a quote left open", "GOOD=1\n# comment\nBAD='x\nOTHER=2\n", 3],
  ["a byte order mark", "\ufeffGOOD=1\n", 1],
  ["an export of nothing", "GOOD=1\nexport ", 2],
] as const)("%s makes SST ignore the whole file, so we reject it by its line", async ([, text, line]) => {
  const folder = await projectWith({ ".env.ada": text, ".env": "SHARED=1" });
  const { env } = await askSst(folder, {});
  expect(only(["GOOD", "OTHER", "SHARED"], env)).toEqual({ SHARED: "1" });
  const ours = { LEO_SETTINGS_FOLDER: folder };
  expect(only(["GOOD", "OTHER", "SHARED"], sstEnvironment("ada", ours))).toEqual({ SHARED: "1" });
  expect(() => readStage("ada", ours)).toThrow(
    new RegExp(`line ${line} of \\.env\\.ada .*so SST ignores the whole file`),
  );
});

test("SST_STAGE and `.sst/stage` choose the file, but a stage's own file cannot", async () => {
  const files = { ".env.ada": "WHO=ada\nSST_STAGE=bob", ".env.bob": "WHO=bob" };
  const byVariable = await askSst(await projectWith(files), { SST_STAGE: "ada" }, []);
  expect([byVariable.stage, byVariable.env.WHO]).toEqual(["ada", "ada"]);

  const byShared = await askSst(await projectWith({ ...files, ".env": "SST_STAGE=bob" }), {}, []);
  expect([byShared.stage, byShared.env.WHO]).toEqual(["bob", "bob"]);

  const folder = await projectWith(files);
  await mkdir(path.join(folder, ".sst"));
  await writeFile(path.join(folder, ".sst/stage"), "ada");
  const byFolder = await askSst(folder, {}, []);
  expect([byFolder.stage, byFolder.env.WHO]).toEqual(["ada", "ada"]);
  expect(sstEnvironment("ada", { LEO_SETTINGS_FOLDER: folder }).WHO).toBe("ada");
});

test("the committed defaults lie beneath, and the Region is read in the same order", async () => {
  const folder = await projectWith({ ".env.ada": "LEO_REGION=eu-west-1", ".env": "LEO_VCPU_BUDGET=8" });
  const env = { LEO_SETTINGS_FOLDER: folder, LEO_REGION: "us-west-2" };
  expect(readStage("ada", env)).toMatchObject({ region: "eu-west-1", vcpuBudget: 8 });
  expect(readRegion("ada", env)).toBe("eu-west-1");
  expect(readRegion("bob", env)).toBe("us-west-2");
  expect(readStage("bob", env).architecture).toBe(committedDefaults().LEO_ARCHITECTURE);
});

test("a contradiction is reported with both origins, the winner and no value that may be secret", async () => {
  const folder = await projectWith({
    ".env.ada": "LEO_VCPU_BUDGET=4\nLEO_DOMAIN=\nAWS_PROFILE=prod\nMY_TOKEN=one\nLEO_REGION=us-east-1",
  });
  const env = {
    LEO_SETTINGS_FOLDER: folder,
    LEO_VCPU_BUDGET: "8",
    LEO_DOMAIN: "leo.example.com",
    AWS_PROFILE: "dev",
    MY_TOKEN: "two",
    LEO_REGION: "us-east-1",
  };
  const wins = ".env.ada wins, as it does for SST.";
  const expected = [
    `LEO_VCPU_BUDGET is 8 in the environment but 4 in .env.ada; ${wins}`,
    `LEO_DOMAIN is leo.example.com in the environment but empty in .env.ada; ${wins}`,
    `AWS_PROFILE is dev in the environment but prod in .env.ada; ${wins}`,
    `MY_TOKEN has one value in the environment and another in .env.ada; ${wins}`,
  ];
  expect(envConflicts("ada", env)).toEqual(expected);
  expect(enterStage("ada", env)).toEqual(expected);
  expect(env).toMatchObject({ AWS_PROFILE: "prod", LEO_VCPU_BUDGET: "4" });
  expect(envConflicts("ada", env)).toEqual([]);
});

test.runIf(process.platform === "linux")(
  "`sst deploy` itself can be warned of the contradiction",
  async () => {
    const folder = await projectWith({ ".env.ada": "LEO_VCPU_BUDGET=4" });
    const { env, shell = {} } = await askSst(folder, { LEO_VCPU_BUDGET: "8" });
    expect(env.LEO_VCPU_BUDGET).toBe("4");
    expect(envConflicts("ada", { ...shell, LEO_SETTINGS_FOLDER: folder })).toEqual([
      "LEO_VCPU_BUDGET is 8 in the environment but 4 in .env.ada; .env.ada wins, as it does for SST.",
    ]);
  },
);
