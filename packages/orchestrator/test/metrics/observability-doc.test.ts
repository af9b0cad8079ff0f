import { glob, readFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { CLOUD_METRICS, METRICS, metricFacts, type MetricName } from "@leo/core/metric.ts";

const ROOT = path.resolve(import.meta.dirname, "../../../..");
const readDoc = () => readFile(path.join(ROOT, "docs/observability.md"), "utf8");

/** First cells of the table under a heading, without their back quotes. */
const namesUnder = (doc: string, heading: string): string[] => {
  const [, after = ""] = doc.split(`\n${heading}\n`);
  const [section = ""] = after.split(/\n#+ /);
  return [...section.matchAll(/^\| `([a-z_0-9]+)`/gm)].map(([, name = ""]) => name);
};

const sources = async (folder: string): Promise<Map<string, string>> => {
  const found = new Map<string, string>();
  for await (const file of glob(`packages/${folder}/src/**/*.ts`, { cwd: ROOT }))
    found.set(file, await readFile(path.join(ROOT, file), "utf8"));
  return found;
};

test.for([
  ["### Orchestrator", "orchestrator"],
  ["### Generator", "generator"],
  ["### Reaper", "functions"],
] as const)(
  "%s: the catalogue lists the events that the code logs, and no others",
  async ([heading, folder]) => {
    const logged = new Set<string>();
    for (const text of (await sources(folder)).values())
      for (const [, event = ""] of text.matchAll(/event: "([a-z_0-9]+)"/g)) logged.add(event);
    expect(logged.size).toBeGreaterThan(0);
    expect(namesUnder(await readDoc(), heading).toSorted()).toEqual([...logged].toSorted());
  },
);

test("every log call names its event", async () => {
  const call = /\b(?:log|logger|#logger)(?:\)|\])?\.(?:trace|debug|info|warn|error|fatal)\(\s*([^)]{0,200})/g;
  const nameless: string[] = [];
  for (const folder of ["orchestrator", "generator"])
    for (const [file, text] of await sources(folder))
      for (const [, start = ""] of text.matchAll(call)) if (!start.includes("event: ")) nameless.push(file);
  expect(nameless).toEqual([]);
});

test("the table of metrics is the code's", async () => {
  const doc = await readDoc();
  expect(namesUnder(doc, "## Metrics")).toEqual(Object.keys(METRICS));
  for (const name of Object.keys(METRICS) as MetricName[]) {
    const { type, help } = metricFacts(name);
    const row = doc.split("\n").find((line) => line.startsWith(`| \`${name}\``)) ?? "";
    const cells = row.split("|").map((cell) => cell.trim());
    expect(cells.slice(2, 3)).toEqual([type]);
    expect(cells).toContain(help);
    expect(cells.at(-2)).toBe((CLOUD_METRICS as string[]).includes(name) ? "yes" : "");
  }
});

test("nothing loads the tracing SDK but the module that is imported when an endpoint is set", async () => {
  const importers = [...(await sources("orchestrator"))]
    .filter(([, text]) =>
      /^import (?!type).*(?:telemetry\/tracing|\.\/tracing|exporter-trace|sdk-trace)/m.test(text),
    )
    .map(([file]) => path.basename(file));
  expect(importers.toSorted()).toEqual(["planned-ids.ts", "tracing.ts"]);
  const loaders = [...(await sources("orchestrator"))].filter(([, text]) => text.includes("planned-ids.ts"));
  for (const [file, text] of loaders)
    expect([
      file,
      /import type \{[^}]*\} from "\.\/planned-ids\.ts"/.test(text) || file.endsWith("tracing.ts"),
    ]).toEqual([file, true]);
});
