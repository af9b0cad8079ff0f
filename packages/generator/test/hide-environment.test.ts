import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { freePort } from "@leo/local/free-port.ts";
import { startOrchestrator } from "./support/orchestrator.ts";
import { HIDE_ENVIRONMENT, startProcess } from "./support/processes.ts";
import { until } from "./support/until.ts";

const PACKAGE = join(import.meta.dirname, "..");
const SCRIPT = join(PACKAGE, "hide-environment.sh");
const MODULE = join(PACKAGE, "src/process/hide-environment.ts");

/** What any process of the same user sees of this one, before and after it has taken its variables over. */
const PROGRAM = `
  import { readdirSync, readFileSync, readlinkSync } from "node:fs";
  import { hideEnvironment } from ${JSON.stringify(MODULE)};
  const linkOf = (name) => { try { return readlinkSync("/proc/self/fd/" + name); } catch { return ""; } };
  const pipes = () => readdirSync("/proc/self/fd").map(linkOf).filter((link) => link.startsWith("pipe:"));
  const handedOver = process.env.LEO_HANDED_OVER && linkOf(process.env.LEO_HANDED_OVER);
  hideEnvironment(${JSON.stringify(SCRIPT)});
  const children = readFileSync("/proc/self/task/" + process.pid + "/children", "utf8");
  const visible = readFileSync("/proc/self/environ", "utf8");
  console.log(JSON.stringify({ env: process.env, visible, children, handedOver, left: pipes() }));
`;

interface Seen {
  env: Record<string, string>;
  visible: string;
  children: string;
  handedOver: string;
  left: string[];
}

const see = async (env: Record<string, string>, within: string[]): Promise<Seen> => {
  const [command, ...args] = [...within, process.execPath, "--input-type=module", "--eval", PROGRAM];
  const { stdout } = await promisify(execFile)(command, args, {
    env: { PATH: process.env.PATH, ...env },
    maxBuffer: 2 ** 24,
  });
  return JSON.parse(stdout) as Seen;
};

const PRIVATE = {
  AWS_SECRET_ACCESS_KEY: "secret\n of two lines\n",
  AWS_SESSION_TOKEN: `secret ${"larger than a pipe ".repeat(5_000)}`,
  AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: "/secret?a=b&c='\"$x`\\é",
  ECS_CONTAINER_METADATA_URI_V4: "",
  LEO_ATTEMPT_TOKEN: "secret",
  CLAUDE_CODE_OAUTH_TOKEN: "secret",
  ANTHROPIC_AUTH_TOKEN: "secret",
};
const OPEN = { AWS_REGION: "us-east-1", AWS_ENDPOINT_URL_S3: "http://127.0.0.1:1", LEO_ATTEMPT: "1\n2" };

test("private variables arrive as they are, and are in no environment, open file or child after", async () => {
  const { env, visible, children, handedOver, left } = await see({ ...PRIVATE, ...OPEN }, HIDE_ENVIRONMENT);
  expect(env).toMatchObject({ ...PRIVATE, ...OPEN });
  expect(env.LEO_HANDED_OVER).toBeUndefined();
  expect(visible).not.toContain("secret");
  for (const [name, value] of Object.entries(OPEN)) expect(visible).toContain(`${name}=${value}\0`);
  expect(children).toBe("");
  expect(handedOver).toMatch(/^pipe:/);
  expect(left).not.toContain(handedOver);
});

test("a process that shows private variables replaces itself; one without any goes on as well", async () => {
  const { env, visible } = await see({ ...PRIVATE, ...OPEN }, []);
  expect(env).toMatchObject({ ...PRIVATE, ...OPEN });
  expect(visible).not.toContain("secret");
  expect((await see(OPEN, HIDE_ENVIRONMENT)).env).toMatchObject(OPEN);
});

test("the generator that is started by itself uses the token that it hides", async () => {
  const orchestrator = await startOrchestrator();
  const generator = startProcess(join(PACKAGE, "dist/main.js"), {
    ...PRIVATE,
    PATH: process.env.PATH ?? "",
    GATEWAY_PORT: String(await freePort()),
    ANTHROPIC_API_KEY: "secret",
    LEO_GENERATOR_URL: orchestrator.url,
  });
  try {
    await until(() => orchestrator.readies.length > 0);
    expect(orchestrator.authorizations).toEqual(["Bearer secret"]);
    const visible = await readFile(`/proc/${generator.child.pid}/environ`, "latin1");
    expect(visible).toContain("LEO_GENERATOR_URL=");
    expect(visible).not.toContain("secret");
  } finally {
    await generator.stop();
    await orchestrator.close();
  }
});
