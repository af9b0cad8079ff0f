import path from "node:path";
import { defineConfig } from "vitest/config";

/** One run over the tests of all packages; name folders or files to run a part. */
export default defineConfig({
  root: path.resolve(import.meta.dirname, "../.."),
  test: {
    include: ["packages/*/test/**/*.test.{ts,tsx}", "infra/test/**/*.test.ts"],
    exclude: ["**/node_modules/**", "**/dist/**", "packages/generator/template/**"],
    environment: "node",
    globalSetup: "packages/local/src/testing/global-setup.ts",
    pool: "forks",
    maxWorkers: 2,
    // Generous: tests wait for conditions, and on a busy machine a second of work may take ten.
    expect: { poll: { timeout: 40_000, interval: 20 } },
    testTimeout: 90_000,
    hookTimeout: 180_000,
    teardownTimeout: 20_000,
    passWithNoTests: false,
  },
});
