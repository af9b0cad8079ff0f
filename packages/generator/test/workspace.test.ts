import { mkdir, readdir, readFile, readlink, realpath, symlink, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { LIMITS } from "@leo/core/limits.ts";
import { changesPackages, environmentFilesNote, rejectToolCall } from "../src/agent/guard.ts";
import { resolveLinks } from "../src/sandbox/host/operate.ts";
import { removeEnvironmentFiles } from "../src/workspace/environment-files.ts";
import { listFiles, withinLimits } from "../src/workspace/files.ts";
import { installDependencies } from "../src/workspace/install.ts";
import { prepareStarter } from "../src/workspace/prepare.ts";
import { FileTracker } from "../src/workspace/tracker.ts";
import { TEMPLATE, withRunPaths } from "./support/run-paths.ts";

test("a workspace starts as the template, with the template's packages by link", () =>
  withRunPaths(async (paths) => {
    prepareStarter(paths, TEMPLATE);
    const { files, rejected } = await listFiles(paths.workspace);
    expect(files.map(({ path }) => path)).toEqual([
      ".gitignore",
      "README.md",
      "index.html",
      "package-lock.json",
      "package.json",
      "src/App.tsx",
      "src/index.css",
      "src/main.tsx",
      "tsconfig.json",
      "vite.config.ts",
    ]);
    expect(rejected).toEqual([]);
    expect(await readlink(join(paths.workspace, "node_modules/react"))).toBe(
      join(TEMPLATE, "node_modules/react"),
    );
  }));

test("an environment file is rejected when the agent writes it, and removed if a command wrote it", () =>
  withRunPaths(async ({ workspace }) => {
    const options = { workspace, readable: [], isPlanning: () => false, resolveLinks };
    for (const name of [".env", ".env.local", "config/.env.production"]) {
      const reason = await rejectToolCall("Write", { file_path: name }, options);
      expect(reason).toMatch(/was not written.*never stored.*src\/settings\.ts/);
    }
    for (const name of [".env.example", "src/env.ts", "src/.environment"])
      expect(await rejectToolCall("Write", { file_path: name }, options)).toBeUndefined();
    expect(await rejectToolCall("Read", { file_path: ".env" }, options)).toBeUndefined();

    for (const name of [".env", ".env.local", ".env.example"]) await writeFile(join(workspace, name), "A=1");
    const paths = await removeEnvironmentFiles(workspace);
    expect(environmentFilesNote({ paths, count: 2 })).toMatch(
      /^\.env(?:\.local)?, \.env(?:\.local)? were removed\./,
    );
    expect(await readdir(workspace)).toEqual([".env.example"]);
    expect(await removeEnvironmentFiles(workspace)).toEqual([]);
    expect(environmentFilesNote({ paths: [], count: 0 })).toBeUndefined();
  }));

test("links, environment files, odd names and made directories are not part of a version", () =>
  withRunPaths(async ({ workspace }) => {
    await mkdir(join(workspace, "src/node_modules/x"), { recursive: true });
    await mkdir(join(workspace, "dist"));
    const write = (path: string) => writeFile(join(workspace, path), "x");
    await Promise.all(
      [
        "dist/a.js",
        "src/node_modules/x/a.js",
        ".env",
        "src/.env.local",
        ".env.example",
        "src/a\nb",
        "src/ok.ts",
      ].map(write),
    );
    await symlink("/etc/passwd", join(workspace, "passwd"));
    await symlink("/", join(workspace, "everything"));
    const { files, rejected } = await listFiles(workspace);
    expect(files.map(({ path }) => path)).toEqual([".env.example", "src/ok.ts"]);
    expect(Object.fromEntries(rejected.map(({ path, reason }) => [path, reason]))).toEqual({
      ".env": "environment files may hold secrets",
      "src/.env.local": "environment files may hold secrets",
      everything: "links are not stored",
      passwd: "links are not stored",
      "src/a\nb": "the name is not allowed",
    });
  }));

test("a file over 10 MB and what goes over 200 MB in all is rejected", () =>
  withRunPaths(async ({ workspace }) => {
    const sizes = { "a-large": LIMITS.fileMaxBytes + 1, "b-fits": LIMITS.fileMaxBytes, "c-small": 10 };
    for (const [name, sizeBytes] of Object.entries(sizes)) {
      await writeFile(join(workspace, name), "");
      await truncate(join(workspace, name), sizeBytes);
    }
    const listing = await listFiles(workspace);
    const names = (usedBytes?: number) => withinLimits(listing, usedBytes).files.map(({ path }) => path);
    expect(names()).toEqual(["b-fits", "c-small"]);
    expect(names(LIMITS.artifactMaxBytes - LIMITS.fileMaxBytes)).toEqual(["b-fits"]);
    expect(names(LIMITS.artifactMaxBytes - 10)).toEqual(["c-small"]);
  }));

test("changes are told once, whoever made them", () =>
  withRunPaths(async (paths) => {
    prepareStarter(paths, TEMPLATE);
    const tracker = new FileTracker(paths.workspace);
    const changes = async () => (await tracker.changes()).map(({ change, path }) => `${change} ${path}`);
    expect(await changes()).toEqual([]);
    const version = tracker.version;
    await writeFile(join(paths.workspace, "src/App.tsx"), "changed");
    await writeFile(join(paths.workspace, "src/New.tsx"), "new");
    await writeFile(join(paths.workspace, "node_modules/made-by-a-tool"), "");
    expect(await changes()).toEqual(["modified src/App.tsx", "created src/New.tsx"]);
    expect(tracker.version).toBe(version + 1);
    expect(await changes()).toEqual([]);
    expect(tracker.version).toBe(version + 1);
  }));

test("the agent's tools stay inside the workspace", () =>
  withRunPaths(async ({ root, workspace }) => {
    await mkdir(join(workspace, "src"));
    await mkdir(join(workspace, "node_modules/react"), { recursive: true });
    await writeFile(join(root, "secret"), "x");
    await symlink(root, join(workspace, "src/up"));
    let planning = false;
    const refuse = (name: string, input: Record<string, unknown>) =>
      rejectToolCall(name, input, {
        workspace,
        readable: [TEMPLATE],
        isPlanning: () => planning,
        resolveLinks,
      });

    expect(await refuse("Write", { file_path: join(workspace, "src/new/deep/App.tsx") })).toBeUndefined();
    expect(await refuse("Edit", { file_path: "src/App.tsx" })).toBeUndefined();
    expect(
      await refuse("Read", { file_path: join(TEMPLATE, "node_modules/react/package.json") }),
    ).toBeUndefined();
    expect(await refuse("Grep", { pattern: "x" })).toBeUndefined();
    expect(await refuse("Bash", { command: "ls" })).toBeUndefined();
    expect(["npm install zustand", "cd x && npm i", "npm --silent add a"].every(changesPackages)).toBe(true);
    expect(["npm run build", "ls install", "npm test; cat install.txt"].some(changesPackages)).toBe(false);
    for (const path of [
      join(root, "secret"),
      "../secret",
      "src/up/secret",
      "/etc/passwd",
      `${workspace}-2/x`,
    ]) {
      expect(await refuse("Write", { file_path: path })).toMatch(/outside the workspace/);
      expect(await refuse("Read", { file_path: path })).toMatch(/outside the workspace/);
    }
    expect(await refuse("Write", { file_path: join(TEMPLATE, "src/App.tsx") })).toMatch(
      /outside the workspace/,
    );
    expect(await refuse("Edit", { file_path: "node_modules/react/index.js" })).toMatch(
      /Don't edit installed packages/,
    );

    planning = true;
    expect(await refuse("Read", { file_path: "src/App.tsx" })).toBeUndefined();
    expect(await refuse("Write", { file_path: "src/App.tsx" })).toMatch(/while planning/);
    expect(await refuse("Bash", { command: "ls" })).toMatch(/while planning/);
  }));

test("an app that wants more packages gets its own, and the template stays as it is", () =>
  withRunPaths(async (paths) => {
    const installed = () => readdir(join(TEMPLATE, "node_modules"), { recursive: true });
    const before = await installed();
    prepareStarter(paths, TEMPLATE);
    const install = () =>
      installDependencies({ paths, templateDir: TEMPLATE, signal: new AbortController().signal });
    expect((await install()).result).toBe("skipped");

    // A package from this directory: the test needs no registry.
    const local = join(paths.workspace, "local-package");
    await mkdir(local);
    await writeFile(join(local, "package.json"), JSON.stringify({ name: "local-package", version: "1.0.0" }));
    const path = join(paths.workspace, "package.json");
    const manifest = JSON.parse(await readFile(path, "utf8")) as { dependencies: Record<string, string> };
    manifest.dependencies["local-package"] = "file:local-package";
    await writeFile(path, JSON.stringify(manifest));

    expect(await install()).toMatchObject({ result: "passed" });
    expect(await realpath(join(paths.workspace, "node_modules/local-package"))).toBe(local);
    expect(await realpath(join(paths.workspace, "node_modules/react"))).toBe(
      join(paths.workspace, "node_modules/react"),
    );
    expect(await installed()).toEqual(before);

    await writeFile(path, "{");
    expect(await install()).toMatchObject({
      result: "failed",
      output: expect.stringContaining("package.json"),
    });
  }));
