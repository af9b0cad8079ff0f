/** What `sst dev` runs, in a bare clone, with SST's environment and stand-ins for the stage. */
import path from "node:path";
import { appendFile, readdir, readFile, rename, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { once } from "node:events";
import { expect, test, vi } from "vitest";
import { expired, isDevRole } from "../src/dev/credentials.ts";
import { readDevSettings } from "../src/dev/environment.ts";
import { treeMembers } from "../src/processes/kill-tree.ts";
import { ROOT } from "../src/start/settings.ts";
import { until } from "../src/testing/until.ts";
import { withClone } from "./dev-clone.ts";
import {
  ACCOUNT,
  answers,
  devCommand,
  edit,
  pressCtrlC,
  ROLE_KEY,
  roleArn,
  said,
  STOP_MS,
  TIMEOUT_MS,
  withProgram,
  withStage,
  type Program,
  type Stage,
} from "./dev-helpers.ts";

vi.setConfig({ testTimeout: 4 * TIMEOUT_MS });

const ready = (program: Program) => said(program, "Leo is ready");

const completed = ({ stateOf }: Stage, id: string) =>
  until("the version", async () => (await stateOf(id)) === "completed", TIMEOUT_MS);

/** The command ended by itself, saying so in one sentence and no stack. */
const expectRefused = async ({ output, exit }: Program, sentence: string | RegExp) => {
  expect(await exit).toEqual([1, null]);
  expect(output()).toMatch(sentence);
  expect(output()).not.toMatch(/^\s+at /m);
};

const saysWhereItWorks = ({ output }: Program, { stage, bucket, databaseUrl }: Stage) => {
  const { hostname, port, pathname, password } = new URL(databaseUrl);
  expect(output()).toContain(`Stage     ${stage}\n`);
  expect(output()).toContain(`Account   ${ACCOUNT}, us-east-1\n`);
  expect(output()).toContain(`Bucket    ${bucket}\n`);
  expect(output()).toContain(`Database  ${pathname.slice(1)} at ${hostname}:${port}\n`);
  expect(output()).toMatch(/Logs {6}\/.*\.leo\/dev-test-\d+\/logs\n/);
  expect(output()).toContain("processes on this computer");
  expect(output()).not.toContain(`:${password}@`);
  expect(output()).not.toContain("sk-ant-");
};

const runs = async (leo: Stage) => {
  const id = await leo.build("Make a todo app");
  await completed(leo, id);
  const { source } = await leo.call<{ source: { path: string }[] }>("GET", `/api/generations/${id}/files`);
  expect(source.map((file) => file.path)).toContain("index.html");
  expect(leo.aws.requests.some((line) => /^PUT .*manifest\.json/.test(line))).toBe(true);
  expect([...leo.aws.keys]).toEqual([ROLE_KEY]);
};

const notFound = async ({ origin }: Stage) => (await fetch(`${origin}/api/none`)).text();

/** Waits until Leo says what the source says now, and prints how long that took. */
const live = async (leo: Stage, text: string, savedAtMs: number) => {
  await until(text, async () => (await notFound(leo)).includes(text), TIMEOUT_MS);
  console.log(`an edit of the orchestrator was live after ${Math.round(performance.now() - savedAtMs)} ms`);
};

const followsTheOrchestrator = async (leo: Stage, program: Program, clone: string) => {
  const api = path.join(clone, "packages/orchestrator/src/api.ts");
  await live(leo, "First edit", await edit(api, "There is nothing at this address.", "First edit"));
  await said(program, /Live after [\d.]+ s: orchestrator \(packages\/orchestrator\/src\/api\.ts\)/);

  const line = (await readFile(api, "utf8"))
    .split("\n")
    .findIndex((text) => text.startsWith("const NO_PAGE"));
  for (const [wrong, reason] of [
    ["const = NO_PAGE", "Unexpected token"],
    [
      'import { nope } from "./routes/parts.ts"; nope(); const NO_PAGE',
      "does not provide an export named 'nope'",
    ],
    ["nonsense(); const NO_PAGE", "nonsense is not defined"],
  ] as const) {
    await edit(api, "const NO_PAGE", wrong);
    await said(program, new RegExp(`^packages/orchestrator/src/api\\.ts:${line + 1}: .*${reason}.*$`, "m"));
    expect(await notFound(leo)).toContain("First edit");
    await edit(api, wrong, "const NO_PAGE");
  }
  await live(leo, "Second edit", await edit(api, "First edit", "Second edit"));
};

const followsTheGenerator = async (program: Program, clone: string) => {
  const dist = path.join(clone, "packages/generator/dist");
  const builtWith = (text: string) =>
    until(
      `${text} in what the next run starts`,
      async () => {
        const names = (await readdir(dist)).filter((name) => name.endsWith(".js"));
        const files = await Promise.all(names.map((name) => readFile(path.join(dist, name), "utf8")));
        return files.some((content) => content.includes(text));
      },
      TIMEOUT_MS,
    );
  const source = path.join(clone, "packages/generator/src/run-process.ts");
  await appendFile(source, 'import { gone } from "./gone.ts";\ngone();\n');
  await said(program, /^packages\/generator\/src\/run-process\.ts:\d+: Could not resolve '\.\/gone\.ts'.*$/m);
  await edit(
    source,
    'import { gone } from "./gone.ts";\ngone();\n',
    'process.title = "an-edited-generator";\n',
  );
  await builtWith("an-edited-generator");
  const saved = await edit(
    path.join(clone, "packages/core/src/failure.ts"),
    "No machine was available for this run.",
    "An edit of core.",
  );
  await builtWith("An edit of core.");
  console.log(`an edit of core was in the bundle after ${Math.round(performance.now() - saved)} ms`);
  await said(program, /orchestrator \(packages\/core\/src\/failure\.ts\)/);
};

test("in a bare clone, with a wrong profile, a run completes with the role's key, and edits go live", async () => {
  await withClone((clone) =>
    withStage(async (leo) => {
      await withProgram(devCommand(clone), leo.env, async (program) => {
        await ready(program);
        expect(program.output()).toContain("building the generator");
        saysWhereItWorks(program, leo);
        expect(await (await fetch(leo.origin)).text()).toContain("/src/main.tsx");
        await runs(leo);
        await followsTheOrchestrator(leo, program, clone);
        await followsTheGenerator(program, clone);
        await runs(leo);

        expect(await pressCtrlC(program)).toBeLessThan(STOP_MS);
        expect(await program.exit).toEqual([0, null]);
        expect(await answers(`${leo.origin}/health`)).toBe(false);
      });
    }),
  );
});

test("outside of sst dev it says in one sentence what to run", () =>
  withProgram(devCommand(ROOT), {}, (program) =>
    expectRefused(
      program,
      /^\nThis command works only inside `sst dev`.* Run: npx sst dev --stage NAME\n\n$/,
    ),
  ));

test("a secret that SST does not pass is named", () =>
  withStage(async (leo) => {
    const { SST_RESOURCE_DatabaseUrl: _, ...env } = leo.env;
    await withProgram(devCommand(ROOT), env, (program) =>
      expectRefused(program, "the secret DatabaseUrl: is not set (npx sst secret set DatabaseUrl …)"),
    );
  }));

test("either secret pays for the model, and without both it says what to set", async () => {
  await withStage(async ({ env, stage }) => {
    const { SST_RESOURCE_ClaudeOauthToken: _, ...none } = env;
    await withProgram(devCommand(ROOT), none, (program) =>
      expectRefused(program, `npx sst secret set ClaudeOauthToken … --stage ${stage}`),
    );
    const key = { SST_RESOURCE_AnthropicApiKey: JSON.stringify({ value: "sk-ant-key" }) };
    expect(readDevSettings({ ...none, ...key }).credential).toEqual({
      name: "ANTHROPIC_API_KEY",
      value: "sk-ant-key",
    });
    expect(readDevSettings(env).credential.name).toBe("CLAUDE_CODE_OAUTH_TOKEN");
  });
});

test("credentials that are not the role's are refused, whoever's they are", async () => {
  await withStage(async ({ env, aws }) => {
    const {
      AWS_ACCESS_KEY_ID: _key,
      AWS_SECRET_ACCESS_KEY: _secret,
      AWS_SESSION_TOKEN: _token,
      ...none
    } = env;
    await withProgram(devCommand(ROOT), none, (program) =>
      expectRefused(program, /there are no credentials, .*sts:AssumeRole.*\.sst\/log\/sst\.log/),
    );
    const own = { ...none, AWS_ACCESS_KEY_ID: "AKIADEVELOPER", AWS_SECRET_ACCESS_KEY: "own" };
    await withProgram(devCommand(ROOT), own, (program) =>
      expectRefused(program, "there are only keys of your own, and Leo works with the role's alone"),
    );
    expect([...aws.keys]).toEqual([]);
  });
  const admin = `arn:aws:sts::${ACCOUNT}:assumed-role/AWSReservedSSO_Admin_0123/ada`;
  await withStage(
    ({ env }) =>
      withProgram(devCommand(ROOT), env, (program) =>
        expectRefused(program, `these are the credentials of ${admin}, and Leo works with the role's alone`),
      ),
    { arn: admin },
  );
});

test("the role is known by SST's session, the stage and the component", () => {
  expect(isDevRole(roleArn("ada"), "ada")).toBe(true);
  expect(isDevRole(roleArn("bob"), "ada")).toBe(false);
  expect(isDevRole(roleArn("ada").replace("sst-dev", "ada@example.com"), "ada")).toBe(false);
  expect(isDevRole(`arn:aws:iam::${ACCOUNT}:user/ada`, "ada")).toBe(false);
});

test("a taken port, and a database that does not answer, are a sentence each", async () => {
  await withStage(async ({ env, port }) => {
    const other = createServer().listen(port, "127.0.0.1");
    await once(other, "listening");
    await withProgram(devCommand(ROOT), env, (program) =>
      expectRefused(
        program,
        `Port ${port} is taken by another program. Stop it, or choose another port: LEO_DEV_PORT=${port + 1} npx sst dev`,
      ),
    );
    other.close();
    const value = "postgresql://leo:pass-word@127.0.0.1:9/app";
    const unreachable = { ...env, SST_RESOURCE_DatabaseUrl: JSON.stringify({ value }) };
    await withProgram(devCommand(ROOT), unreachable, async (program) => {
      await expectRefused(
        program,
        "The database app at 127.0.0.1:9 cannot be used: the connection is refused.",
      );
      expect(program.output()).not.toContain("pass-word");
    });
  });
});

test("Ctrl-C in the middle of the set-up ends it, and one that fails is a sentence", async () => {
  await withClone((clone) =>
    withStage(async ({ env, origin }) => {
      // An npm that never comes to an end.
      const npm = path.join(clone, "npm.mjs");
      await writeFile(npm, "setInterval(() => undefined, 1_000);\n");
      const installed = path.join(clone, "packages/generator/template/node_modules/.package-lock.json");
      await rename(installed, `${installed}.away`);
      const slow = { ...env, npm_execpath: npm, npm_node_execpath: process.execPath };
      await withProgram(devCommand(clone), slow, async (program) => {
        await said(program, "installing the packages of generated apps (npm ci) …");
        await until(
          "npm",
          async () => (await treeMembers({ roots: [program.pid], marks: [] })).size > 3,
          TIMEOUT_MS,
        );
        expect(await pressCtrlC(program)).toBeLessThan(STOP_MS);
      });
      await rename(`${installed}.away`, installed);
      await withProgram(devCommand(clone), env, async (program) => {
        await said(program, "building the generator …");
        expect(await pressCtrlC(program)).toBeLessThan(STOP_MS);
        expect(await program.exit).toEqual([0, null]);
      });
      await appendFile(path.join(clone, "packages/generator/src/main.ts"), "const = 1;\n");
      await withProgram(devCommand(clone), env, (program) =>
        expectRefused(
          program,
          /^Leo does not start: the generator cannot be built\. packages\/generator\/src\/main\.ts:\d+: Unexpected token$/m,
        ),
      );
      expect(await answers(`${origin}/health`)).toBe(false);
    }),
  );
});

test("credentials are known to have expired by the clock on the wall", async () => {
  const over = new AbortController();
  const beganAtMs = Date.now();
  await expired(over.signal, 50);
  expect(Date.now() - beganAtMs).toBeGreaterThanOrEqual(50);
  over.abort();
});
