import path from "node:path";
import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";

/**
 * The long files. They start first, so that no worker is left alone with one at the end, and those that
 * wait for timeouts lie between those that compute.
 */
const SLOW = [
  "web/test/flows",
  "web/test/plain-http",
  "generator/test/scenarios",
  "orchestrator/test/chaos/services",
  "web/test/workspace",
  "local/test/start",
  "orchestrator/test/http/fuzz",
  "orchestrator/test/task/watches",
  "generator/test/continuity",
  "orchestrator/test/chaos/ecs",
  "orchestrator/test/task/launch",
  "web/test/accessibility",
  "orchestrator/test/chaos/processes",
  "web/test/sign-in",
  "orchestrator/test/chaos/sockets",
  "web/test/admin",
  "orchestrator/test/chaos/generators",
  "orchestrator/test/db/database",
  "generator/test/conformance",
  "infra/test/variants",
  "local/test/postgres",
  "orchestrator/test/github/push",
  "web/test/layout",
  "orchestrator/test/sockets/sockets",
  "mock/test/apps-in-browser",
  "web/test/github",
  "web/test/background",
  "orchestrator/test/http/hygiene",
  "mock/test/agent",
  "orchestrator/test/preview/preview",
  "local/test/dev",
  "generator/test/verify",
  "generator/test/generation",
  "mock/test/scenarios",
];

class SlowFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const place = SLOW.findIndex((name) => moduleId.includes(name));
      return place === -1 ? SLOW.length : place;
    };
    const inVitestsOrder = super.sort.bind(this);
    return (await inVitestsOrder(files)).toSorted((one, other) => rank(one) - rank(other));
  }
}

/** One run over the tests of all packages; name folders or files to run a part. */
export default defineConfig({
  root: path.resolve(import.meta.dirname, "../.."),
  test: {
    include: ["packages/*/test/**/*.test.{ts,tsx}", "{infra,tools}/**/test/**/*.test.ts"],
    exclude: ["**/node_modules/**", "**/dist/**", "packages/generator/template/**"],
    environment: "node",
    globalSetup: "tools/local/src/testing/global-setup.ts",
    pool: "forks",
    // A worker loads the code once, not once per file: about a second of CPU for each. What a file changes in
    // the environment is put back.
    isolate: false,
    setupFiles: "tools/local/src/testing/own-environment.ts",
    // Room for what lives shortly: with Node's own 16 MB a worker spends a twentieth of its time on it.
    execArgv: ["--min-semi-space-size=32", "--max-semi-space-size=64"],
    // Twice the cores of the machine this is made for: tests wait as much as they compute. With so many,
    // both cores are busy for 95 % of the run.
    maxWorkers: 4,
    sequence: { sequencer: SlowFirst },
    // Generous: tests wait for conditions, and on a busy machine a second of work may take ten.
    expect: { poll: { timeout: 40_000, interval: 20 } },
    testTimeout: 90_000,
    hookTimeout: 180_000,
    teardownTimeout: 20_000,
    passWithNoTests: false,
  },
});
