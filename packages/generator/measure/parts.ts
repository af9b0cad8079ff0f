/** The generator's parts on their own. */
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { startAws } from "@leo/local/aws.ts";
import { freePort } from "@leo/local/free-port.ts";
import { openStore } from "../src/artifact/store.ts";
import { Uploads } from "../src/artifact/uploads.ts";
import { RunBrowser } from "../src/verify/browser.ts";
import { verify } from "../src/verify/verify.ts";
import { prepareStarter } from "../src/workspace/prepare.ts";
import { startOrchestrator } from "../test/support/orchestrator.ts";
import { HIDE_ENVIRONMENT, startProcess } from "../test/support/processes.ts";
import { TEMPLATE, withRunPaths } from "../test/support/run-paths.ts";
import { until } from "../test/support/until.ts";

const FILES = 100;
const FILE_BYTES = 4_096;

/** From the start of the generator's process to its `ready` at the orchestrator's end of the socket, in ms. */
export const measureReady = async (): Promise<number> => {
  const orchestrator = await startOrchestrator();
  const startedMs = performance.now();
  const env = {
    PATH: process.env.PATH ?? "",
    GATEWAY_PORT: String(await freePort()),
    ANTHROPIC_API_KEY: "measure",
    LEO_GENERATOR_URL: orchestrator.url,
    LEO_ATTEMPT_TOKEN: "leo_at_measure",
  };
  const main = join(import.meta.dirname, "../dist/main.js");
  const generator = startProcess(main, env, { within: HIDE_ENVIRONMENT });
  try {
    await until(() => orchestrator.readies.length > 0);
    return orchestrator.firstReadyMs() - startedMs;
  } finally {
    generator.child.kill("SIGTERM");
    await generator.exited;
    await orchestrator.close();
  }
};

/** Type check and build of the starter, side by side as a run does them, in ms. */
export const measureBuild = async (): Promise<number> => {
  let durationMs = Number.NaN;
  await withRunPaths(async (paths) => {
    prepareStarter(paths, TEMPLATE);
    const browser = new RunBrowser(undefined, paths);
    const startedMs = performance.now();
    const { passed, checks } = await verify({
      paths,
      templateDir: TEMPLATE,
      browser,
      signal: new AbortController().signal,
    });
    durationMs = performance.now() - startedMs;
    if (!passed) throw new Error(`the template does not pass its checks: ${JSON.stringify(checks)}`);
  });
  return durationMs;
};

/** Uploads of 100 files of 4 KiB to the local S3, one measurement a run, in ms. */
export const measureUploads = async (runs: number): Promise<number[]> => {
  const aws = await startAws();
  Object.assign(process.env, aws.env);
  const s3 = new S3Client({ forcePathStyle: true });
  await s3.send(new CreateBucketCommand({ Bucket: "measure" }));
  const store = openStore("measure", true);
  const times: number[] = [];
  try {
    const files = Array.from({ length: FILES }, () => randomBytes(FILE_BYTES));
    // The first use loads the AWS SDK, which a run does while its checks go on.
    await store.create("first", Buffer.from("x"));
    for (let run = 0; run < runs; run += 1) {
      const startedMs = performance.now();
      const uploads = new Uploads(store);
      for (const [index, content] of files.entries()) {
        const entry = { size: content.length, collect: async () => [content] };
        const path = `${index}.bin`;
        await uploads.add(entry, { key: `${run}/${path}`, path, onStored: () => undefined });
      }
      await uploads.done();
      times.push(performance.now() - startedMs);
    }
  } finally {
    store.close();
    s3.destroy();
    await aws.stop();
  }
  return times;
};
