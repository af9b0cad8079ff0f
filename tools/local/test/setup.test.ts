import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { isInstalled } from "../setup/packages.mjs";
import { ROOT } from "../src/start/settings.ts";
import { chromiumPath } from "../src/testing/chromium.ts";

const run = promisify(execFile);

const setUp = async (...args: string[]): Promise<string> => {
  const { stdout } = await run(process.execPath, [path.join(ROOT, "tools/local/setup.mjs"), ...args], {
    maxBuffer: 1024 * 1024,
  });
  return stdout;
};

const OLD = new Date("2026-01-01");
const NEW = new Date("2026-01-02");

/** A directory with a lock file and what npm noted as installed. */
const withInstalled = async (
  locked: object,
  installed: object,
  check: (directory: string) => Promise<void>,
): Promise<void> => {
  const directory = await mkdtemp(path.join(tmpdir(), "leo-setup-"));
  const lock = path.join(directory, "package-lock.json");
  const hidden = path.join(directory, "node_modules/.package-lock.json");
  await mkdir(path.dirname(hidden));
  await writeFile(lock, JSON.stringify({ packages: locked }));
  await writeFile(hidden, JSON.stringify({ packages: installed }));
  await utimes(lock, NEW, NEW);
  await utimes(hidden, OLD, OLD);
  await check(directory);
  await rm(directory, { recursive: true });
};

test("set-up after set-up has nothing to do and says nothing", async () => {
  await setUp("--tests");
  expect(await setUp("--tests")).toBe("");
});

test("two set-ups at once wait for each other", async () => {
  const outputs = await Promise.all([setUp(), setUp(), setUp()]);
  expect(outputs.join("")).not.toContain("npm ci");
});

test("a lock file that names another version wants an installation", async () => {
  const locked = { "": {}, "node_modules/a": { version: "2.0.0" } };
  await withInstalled(locked, { "node_modules/a": { version: "1.0.0" } }, async (directory) => {
    expect(isInstalled(directory)).toBe(false);
  });
});

test("a missing package wants an installation, a missing optional one does not", async () => {
  await withInstalled({ "node_modules/a": { version: "1.0.0" } }, {}, async (directory) => {
    expect(isInstalled(directory)).toBe(false);
  });
  await withInstalled({ "node_modules/a": { version: "1.0.0", optional: true } }, {}, async (directory) => {
    expect(isInstalled(directory)).toBe(true);
  });
});

test("a lock file that was only touched wants nothing", async () => {
  const packages = { "node_modules/a": { version: "1.0.0" }, "node_modules/@leo/core": { link: true } };
  await withInstalled(packages, packages, async (directory) => {
    expect(isInstalled(directory)).toBe(true);
  });
});

test("a package of the project's own that has moved wants an installation", async () => {
  const linkTo = (resolved: string) => ({ "node_modules/@leo/local": { resolved, link: true } });
  await withInstalled(linkTo("tools/local"), linkTo("packages/local"), async (directory) => {
    expect(isInstalled(directory)).toBe(false);
  });
});

test("nothing installed wants an installation", async () => {
  await withInstalled({}, {}, async (directory) => {
    await rm(path.join(directory, "node_modules"), { recursive: true });
    expect(isInstalled(directory)).toBe(false);
  });
});

test("the set-up for tests leaves a browser that starts", async () => {
  const { stdout } = await run(chromiumPath(), ["--version"]);
  expect(stdout).toMatch(/Chrom/);
});
