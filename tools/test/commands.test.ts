/** Every command of `package.json` that reads its command line with `readCommand`, as a process. */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";

const ROOT = path.resolve(import.meta.dirname, "../..");

const { scripts } = JSON.parse(readFileSync(path.join(ROOT, "package.json"), "utf8")) as {
  scripts: Record<string, string>;
};

/** Scripts that run a file of Leo's own with the project's Node: the file is the command's entry. */
const COMMANDS = Object.entries(scripts).flatMap(([name, script]): [name: string, entry: string][] => {
  const entry = /^node (?:--\S+ )*(\S+\.ts)$/.exec(script)?.[1];
  return entry === undefined ? [] : [[name, entry]];
});

const run = (entry: string, args: string[]) =>
  new Promise<{ code: number; stdout: string; stderr: string }>((resolve) => {
    const env = { PATH: process.env.PATH, HOME: process.env.HOME };
    execFile(process.execPath, [entry, ...args], { cwd: ROOT, env }, (error, stdout, stderr) =>
      resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
    );
  });

const typed = (name: string) => (name === "start" ? "npm start" : `npm run ${name}`);

test("the commands are found", () => {
  expect(COMMANDS.map(([name]) => name)).toEqual(expect.arrayContaining(["start", "doctor", "bench"]));
});

test.each(COMMANDS)("%s explains itself and rejects what it does not know", async (name, entry) => {
  const help = await run(entry, ["--help"]);
  expect(help).toMatchObject({ code: 0, stderr: "" });
  expect(help.stdout).toContain(`Usage: ${typed(name)} --`);
  expect(help.stdout).toContain("--help");
  expect(Math.max(...help.stdout.split("\n").map(({ length }) => length))).toBeLessThanOrEqual(120);

  const unknown = await run(entry, ["--hlep"]);
  expect(unknown).toMatchObject({ code: 2, stdout: "" });
  expect(unknown.stderr).toBe(
    `Unknown option --hlep. Did you mean --help?\n${typed(name)} -- --help shows the options.\n`,
  );
  const stray = await run(entry, ["neither-this", "nor-that"]);
  expect(stray.stderr.split("\n")).toHaveLength(3);
  expect(stray.code).toBe(2);
});
