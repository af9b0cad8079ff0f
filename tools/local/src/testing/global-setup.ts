import { mkdir, mkdtemp, rm } from "node:fs/promises";
import path from "node:path";
import type { TestProject } from "vitest/node";
import { buildGenerator, buildWeb } from "../../setup/build.mjs";
import { withSetupLock } from "../../setup/lock.mjs";
import "./context.ts";
import { startAws } from "../aws.ts";
import { startPostgres, THROWAWAY_SETTINGS } from "../postgres.ts";
import { Guardian } from "../processes/guardian.ts";
import { CACHE_DIR } from "../start/settings.ts";
import { quickFolder } from "./quick-folder.ts";

/** One PostgreSQL and one S3/SQS for the whole run; tests take a database or a bucket of their own. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  // Also when a file is run without `npm test`: what is tested is what the sources say.
  await withSetupLock(() => Promise.all([buildWeb(), buildGenerator()]));
  // Workers, and what inherits their environment, compile each module once for all of them.
  process.env.NODE_COMPILE_CACHE = CACHE_DIR;
  const directory = await mkdtemp(path.join(await quickFolder(), "leo-test-"));
  // What the workers leave when they are ended, browser profiles among it, goes with the run.
  process.env.TMPDIR = path.join(directory, "tmp");
  await mkdir(process.env.TMPDIR);
  // Ctrl-C ends vitest without the function below.
  const guardian = new Guardian(directory);
  const [postgres, aws] = await Promise.all([
    startPostgres({
      dataDir: path.join(directory, "postgres"),
      settings: THROWAWAY_SETTINGS,
      onSpawn: (pid) => guardian.register(pid, "SIGQUIT"),
    }),
    startAws(),
  ]);
  project.provide("postgresUrl", postgres.url());
  project.provide("awsUrl", aws.url);
  return async () => {
    await Promise.all([postgres.stop(), aws.stop()]);
    guardian.unregister(postgres.pid);
    await guardian.endAll();
    // The workers end after this, and until then their browsers may write into what is removed.
    await rm(directory, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  };
}
