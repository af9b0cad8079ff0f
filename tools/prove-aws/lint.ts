/** The graph of each kind of stage, as CloudFormation, before cfn-lint. */
import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { templateOf, type Template } from "../plan/cloudformation/template.ts";
import { VARIANTS } from "../plan/cloudformation/variants.ts";
import { graphOf } from "../plan/graph/run-graph.ts";

/** The graph's zones are those of its Region: a template for one Region may name them. */
const IGNORED = ["W3010"];

const run = async (bin: string, file: string): Promise<string[]> => {
  const args = ["--format", "parseable", "--regions", "us-east-1", "--ignore-checks", ...IGNORED];
  const found = await promisify(execFile)(path.join(bin, "cfn-lint"), [...args, "--template", file]).then(
    ({ stdout }) => stdout,
    // It exits with another code than 0 when it has found something, and prints that.
    (error: { stdout?: string; stderr?: string; message: string }) =>
      error.stdout || error.stderr || error.message,
  );
  return found.split("\n").filter((line) => line.trim() !== "");
};

/** With a property that does not exist: a linter that finds nothing in it checks nothing. */
const broken = (template: Template): Template => ({
  ...template,
  Resources: Object.fromEntries(
    Object.entries(template.Resources).map(([name, resource]) => [
      name,
      { ...resource, Properties: { ...resource.Properties, NoSuchProperty: true } },
    ]),
  ),
});

export interface LintResult {
  variant: string;
  resources: number;
  problems: string[];
}

/**
 * Lints every variant.
 * @param folder for the templates
 * @throws Error when cfn-lint does not even find a property that no resource has
 */
export const lintVariants = async (bin: string, folder: string): Promise<LintResult[]> => {
  const results: LintResult[] = [];
  for (const [variant, options] of Object.entries(VARIANTS)) {
    const template = templateOf(await graphOf(options));
    const file = path.join(folder, `${variant.replaceAll(" ", "-")}.json`);
    await writeFile(file, JSON.stringify(template, undefined, 2));
    results.push({
      variant,
      resources: Object.keys(template.Resources).length,
      problems: await run(bin, file),
    });
  }
  const file = path.join(folder, "broken.json");
  const template = templateOf(await graphOf({ stage: "prod" }));
  await writeFile(file, JSON.stringify(broken(template)));
  const found = await run(bin, file);
  const missed =
    Object.keys(template.Resources).length - found.filter((line) => /NoSuchProperty/.test(line)).length;
  if (missed > 0) throw new Error(`cfn-lint missed a property that does not exist in ${missed} resources`);
  return results;
};
