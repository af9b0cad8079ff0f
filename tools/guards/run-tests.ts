/** Runs the tests that SECURITY.md names, by vitest. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { z } from "zod";

const ROOT = path.resolve(import.meta.dirname, "../..");

/** `survived`: the test passes all the same. `missing`: there is no such test, or its file could not be loaded. */
export type Outcome = "noticed" | "survived" | "missing";

const Report = z.object({
  testResults: z.array(
    z.object({ assertionResults: z.array(z.object({ title: z.string(), status: z.string() })) }),
  ),
});

export const splitName = (test: string): { file: string; name: string } => {
  const [file = "", name = ""] = test.split(" › ");
  return { file: /^(?:infra|tools)\//.test(file) ? file : `packages/${file}`, name };
};

/** A test's name as a pattern; `%s` stands for what a case puts there. */
export const patternOf = (name: string): string =>
  name
    .split(/%[sj]/)
    .map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`))
    .join(".*");

const outcomeOf = (report: z.infer<typeof Report>, name: string): Outcome => {
  const pattern = new RegExp(`^${patternOf(name)}$`);
  const results = report.testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ title, status }) => pattern.test(title) && ["passed", "failed"].includes(status));
  if (results.length === 0) return "missing";
  return results.some(({ status }) => status === "failed") ? "noticed" : "survived";
};

/** @param tests as SECURITY.md has them. @returns how each of them ended */
export const runTests = async (
  tests: readonly string[],
  stop: AbortSignal,
): Promise<Map<string, Outcome>> => {
  const folder = await mkdtemp(path.join(tmpdir(), "leo-guards-"));
  const outcomes = new Map<string, Outcome>();
  try {
    for (const test of tests) {
      if (stop.aborted) break;
      const { file, name } = splitName(test);
      const outputFile = path.join(folder, "report.json");
      await rm(outputFile, { force: true });
      const child = spawn(
        process.execPath,
        [
          path.join(ROOT, "node_modules/vitest/vitest.mjs"),
          "run",
          "--config=tools/local/vitest.config.ts",
          "--reporter=json",
          `--outputFile=${outputFile}`,
          `--testNamePattern=${patternOf(name)}$`,
          file,
        ],
        { cwd: ROOT, stdio: "ignore", signal: stop },
      );
      child.on("error", () => undefined);
      // Interrupted, it ends with an error: whoever asked for that knows.
      await once(child, "close").catch(() => undefined);
      const text = await readFile(outputFile, "utf8").catch(() => '{"testResults":[]}');
      outcomes.set(test, outcomeOf(Report.parse(JSON.parse(text)), name));
    }
    return outcomes;
  } finally {
    await rm(folder, { recursive: true });
  }
};
