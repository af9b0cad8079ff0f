import { glob, readFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { CLOUD_METRICS, METRICS, metricFacts, type MetricName } from "@leo/core/metric.ts";

const ROOT = path.resolve(import.meta.dirname, "../../../..");
const readDoc = () => readFile(path.join(ROOT, "docs/observability.md"), "utf8");

/** The names that a section's list explains. */
const namesUnder = (doc: string, heading: string): string[] => {
  const [, after = ""] = doc.split(`\n${heading}\n`);
  const [section = ""] = after.split(/\n#+ /);
  return [...section.matchAll(/^- `([a-z_0-9]+)`/gm)].map(([, name = ""]) => name);
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
] as const)("%s: the catalogue lists exactly the events that the code logs", async ([heading, folder]) => {
  const logged = new Set<string>();
  for (const text of (await sources(folder)).values())
    for (const [, event = ""] of text.matchAll(/event: "([a-z_0-9]+)"/g)) logged.add(event);
  expect(logged.size).toBeGreaterThan(0);
  expect(namesUnder(await readDoc(), heading).toSorted()).toEqual([...logged].toSorted());
});

test("every log call names its event", async () => {
  const call = /\b(?:log|logger|#logger)(?:\)|\])?\.(?:trace|debug|info|warn|error|fatal)\(\s*([^)]{0,200})/g;
  const nameless: string[] = [];
  for (const folder of ["orchestrator", "generator"])
    for (const [file, text] of await sources(folder))
      for (const [, start = ""] of text.matchAll(call)) if (!start.includes("event: ")) nameless.push(file);
  expect(nameless).toEqual([]);
});

test("the list of metrics matches the code", async () => {
  const doc = await readDoc();
  expect(namesUnder(doc, "## Metrics")).toEqual(Object.keys(METRICS));
  const text = doc.replaceAll(/\n {2,}/g, " ");
  for (const name of Object.keys(METRICS) as MetricName[]) {
    const { type, help, labels = [] } = metricFacts(name);
    const by = labels.length > 0 ? ` by ${labels.map((label) => `\`${label}\``).join(" and ")}` : "";
    const cloud = (CLOUD_METRICS as string[]).includes(name) ? ", CloudWatch" : "";
    expect(text).toContain(`\n- \`${name}\` (${type}${by}${cloud}): ${help}\n`);
  }
});

test("only the module imported when an endpoint is set loads the tracing SDK", async () => {
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
