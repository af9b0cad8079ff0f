/** What the project names at its root, and which versions must agree. */
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { beforeAll, expect, test } from "vitest";
import { ensurePlatform, PLATFORM, ROOT } from "../../tools/plan/graph/install-platform.ts";
import { allowForGraphs } from "./support/graphs.ts";

allowForGraphs();
beforeAll(ensurePlatform);

interface Manifest {
  version?: string;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
}

const read = (file: string) => readFileSync(path.join(ROOT, file), "utf8");
const manifest = (file: string) => JSON.parse(read(file)) as Manifest;

test("package.json names SST, its AWS provider, TypeScript, Vitest and the ECS client", () => {
  const { devDependencies = {} } = manifest("package.json");
  const named = ["sst", "@pulumi/aws", "typescript", "vitest", "@aws-sdk/client-ecs"];
  expect(Object.keys(devDependencies)).toEqual(expect.arrayContaining(named));
});

test("package.json, sst.config.ts and the installed packages have the AWS provider that SST pins", () => {
  const pinned = manifest(path.relative(ROOT, path.join(PLATFORM, "package.json"))).dependencies?.[
    "@pulumi/aws"
  ];
  expect(pinned).toMatch(/^\d+\.\d+\.\d+$/);
  expect(manifest("package.json").devDependencies?.["@pulumi/aws"]).toBe(pinned);
  expect(manifest("node_modules/@pulumi/aws/package.json").version).toBe(pinned);
  expect(/aws: \{ version: "([^"]+)"/.exec(read("sst.config.ts"))?.[1]).toBe(pinned);
});

test("package.json, sst.config.ts and the installed packages agree on SST's version", () => {
  const { version } = manifest("node_modules/sst/package.json");
  expect(manifest("package.json").devDependencies?.sst).toBe(version);
  expect(/version: "([^"]+)",\n\s+home/.exec(read("sst.config.ts"))?.[1]).toBe(version);
});

test.each([
  "sst.config.ts",
  "infra",
  "tools",
  "docs",
  "packages/core",
  "packages/orchestrator",
  "packages/generator",
  "packages/web",
  "packages/functions/src/reaper.ts",
])("%s is where the layout says", (file) => {
  expect(existsSync(path.join(ROOT, file))).toBe(true);
});
