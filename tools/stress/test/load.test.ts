import { spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { expect, test } from "vitest";
import { processTable } from "../../local/src/processes/table.ts";
import { until } from "../../local/src/testing/until.ts";
import { underLoad } from "../load.ts";

const ROOT = path.resolve(import.meta.dirname, "../../..");

const childrenOf = async (parent: number) =>
  (await processTable()).filter(({ parentPid }) => parentPid === parent).map(({ pid }) => pid);

const areGone = async (pids: number[]) => {
  const alive = new Set((await processTable()).map(({ pid }) => pid));
  return !pids.some((pid) => alive.has(pid));
};

test("the load is there while the work is done, and gone after, also when that fails", async () => {
  const before = await childrenOf(process.pid);
  let load: number[] = [];
  const work = underLoad(3, async () => {
    load = (await childrenOf(process.pid)).filter((pid) => !before.includes(pid));
    throw new Error("failed");
  });
  await expect(work).rejects.toThrow("failed");
  expect(load).toHaveLength(3);
  expect(await areGone(load)).toBe(true);
});

/** Of a run over one quick file: what the command prints, and its children once it has said so. */
const startCommand = (args: string[]) => {
  const child = spawn(process.execPath, ["tools/stress/main.ts", ...args], {
    cwd: ROOT,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const lines: string[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => lines.push(line));
  return { pid: child.pid ?? 0, child, lines, exited: once(child, "exit") };
};

test("the command runs the named files beside its load, and counts", async () => {
  const { lines, exited } = startCommand(["--runs", "2", "--load", "1", "core/test/schema"]);
  expect(await exited).toEqual([0, null]);
  expect(lines).toEqual([
    expect.stringMatching(/^Run 1 of 2: \d+ passed, 0 failed, 0 unhandled errors, \d+ s$/),
    expect.stringMatching(/^Run 2 of 2: \d+ passed, 0 failed, 0 unhandled errors, \d+ s$/),
    "",
    "2 of 2 runs without a failure",
  ]);
});

test("Ctrl-C leaves neither load nor tests nor their services behind, and reports", async () => {
  const { pid, child, lines, exited } = startCommand(["--load", "2", "orchestrator/test/http/fuzz"]);
  const below = async (parents: number[]) => (await Promise.all(parents.map(childrenOf))).flat();
  // Two of the load and the run, below which are PostgreSQL, its guardian and the workers.
  const started = await until(
    "the run",
    async () => {
      const children = await childrenOf(pid);
      const services = await below(children);
      return services.length > 2 && [...children, ...services];
    },
    80_000,
  );
  child.kill("SIGINT");
  expect(await exited).toEqual([130, null]);
  expect(lines.at(-1)).toBe("0 of 5 runs without a failure, 5 not made");
  await until("their end", () => areGone(started), 60_000);
});

test("the load ends with whoever started it", async () => {
  const load = pathToFileURL(path.join(ROOT, "tools/stress/load.ts")).href;
  const code = `const { underLoad } = await import("${load}"); await underLoad(2, () => new Promise(() => setInterval(() => {}, 1000)));`;
  const starter = spawn(process.execPath, ["--input-type=module", "-e", code], { stdio: "inherit" });
  const busy = await until(
    "the load",
    async () => {
      const found = await childrenOf(starter.pid ?? 0);
      return found.length === 2 && found;
    },
    60_000,
  );
  starter.kill("SIGKILL");
  await expect.poll(() => areGone(busy), { timeout: 60_000 }).toBe(true);
});
