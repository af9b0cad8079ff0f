/**
 * `npm run prove:aws`: Leo's AWS code against moto, an AWS that others wrote, and the stage's resources before
 * cfn-lint. Exits 1 when something differs that differences.ts does not list.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { readCommand } from "../command.ts";
import { ROOT } from "../plan/graph/install-platform.ts";
import { graphOf } from "../plan/graph/run-graph.ts";
import { globalNamesFor, namesFor } from "../../infra/names.ts";
import { CLOUD_VARIABLE, type Cloud } from "./cloud.ts";
import { DIFFERENCES } from "./differences.ts";
import { lintVariants } from "./lint.ts";
import { startMoto } from "./moto.ts";
import { ensurePython, MissingPython } from "./python.ts";
import { makeStage, type Made } from "./stack.ts";

const ACCOUNT = "111122223333";
const REGION = "us-east-1";

readCommand({
  name: "npm run prove:aws",
  about: "Runs Leo's AWS code against moto, and the stage's resources before cfn-lint. Needs Python 3.",
  options: {},
});

const say = (sentence: string) => console.log(sentence);

const physical = (made: Made, names: string[]): string[] =>
  names.map((name) => {
    const found = made.get(name);
    if (!found) throw new Error(`moto made no ${name}`);
    return found;
  });

/** The stage in moto, as a process of Leo's knows it. */
const makeCloud = async (endpoint: string): Promise<Cloud> => {
  const names = namesFor("prod");
  const made = await makeStage(await graphOf({ stage: "prod" }), { endpoint, region: REGION });
  return {
    name: "moto",
    env: {
      AWS_REGION: REGION,
      AWS_ACCESS_KEY_ID: "LEOPROOF",
      AWS_SECRET_ACCESS_KEY: "none",
      AWS_ENDPOINT_URL: endpoint,
      LEO_S3_FORCE_PATH_STYLE: "true",
    },
    account: ACCOUNT,
    cluster: names.app,
    family: names.generator,
    subnets: physical(made, ["NetworkPublicSubnet1", "NetworkPublicSubnet2"]),
    securityGroups: physical(made, ["GeneratorGroup"]),
    bucket: globalNamesFor("prod", REGION).bucket(ACCOUNT),
    queueUrl: `${endpoint}/${ACCOUNT}/${names.taskEvents}`,
  };
};

/** @returns vitest's exit code */
const runSuite = async (cloud: Cloud): Promise<number> => {
  const vitest = path.join(ROOT, "node_modules/vitest/vitest.mjs");
  const args = [vitest, "run", "--config", "tools/local/vitest.config.ts", "tools/prove-aws"];
  const suite = spawn(process.execPath, args, {
    cwd: ROOT,
    stdio: "inherit",
    env: { ...process.env, [CLOUD_VARIABLE]: JSON.stringify(cloud) },
  });
  const [code] = (await once(suite, "exit")) as [number | null];
  return code ?? 1;
};

const lint = async (bin: string): Promise<boolean> => {
  const folder = await mkdtemp(path.join(tmpdir(), "leo-prove-aws-"));
  try {
    const results = await lintVariants(bin, folder);
    for (const { variant, resources, problems } of results) {
      say(`cfn-lint, ${variant}: ${resources} resources, ${problems.length} problems`);
      for (const problem of problems) say(`  ${problem}`);
    }
    return results.every(({ problems }) => problems.length === 0);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

const prove = async (): Promise<boolean> => {
  const bin = await ensurePython(say);
  const isClean = await lint(bin);
  const moto = await startMoto(bin, ACCOUNT);
  try {
    const code = await runSuite(await makeCloud(moto.endpoint));
    say(`${Object.keys(DIFFERENCES).length} known differences between moto and AWS: docs/aws-differences.md`);
    return isClean && code === 0;
  } finally {
    await moto.stop();
  }
};

try {
  process.exitCode = (await prove()) ? 0 : 1;
} catch (error) {
  if (!(error instanceof MissingPython)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
