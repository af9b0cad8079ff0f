/** What `sst dev` starts on the developer's machine, as SST's real components say it. */
import { readFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { isDevRole } from "../../tools/local/src/dev/credentials.ts";
import { readDevSettings } from "../../tools/local/src/dev/environment.ts";
import type { DevCommand } from "../../tools/plan/graph/graph.ts";
import { ROOT } from "../../tools/plan/graph/install-platform.ts";
import { graphOf, SENTINELS } from "../../tools/plan/graph/run-graph.ts";
import { allowForGraphs } from "./support/graphs.ts";

allowForGraphs();

test("sst dev starts the documented command with all that it needs, as a role that it recognizes", async () => {
  const { commands } = await graphOf({ stage: "ada", dev: true });
  expect(commands).toHaveLength(1);
  const [{ command, directory, autostart, links, environment, role: roleArn }] = commands as [DevCommand];

  expect({ command, directory, autostart }).toEqual({
    command: "node tools/local/src/dev.ts",
    directory: ".",
    autostart: true,
  });
  const guide = await readFile(path.join(ROOT, "docs/deploy.md"), "utf8");
  expect(guide).toContain(`\`${command}\``);

  const linked = Object.fromEntries(
    links.map((name) => [`SST_RESOURCE_${name}`, JSON.stringify({ value: SENTINELS[name] ?? "" })]),
  );
  const app = { SST_RESOURCE_App: JSON.stringify({ name: "leo-saas", stage: "ada" }) };
  expect(readDevSettings({ ...environment, ...linked, ...app })).toMatchObject({
    stage: "ada",
    port: 5013,
    region: "us-east-1",
    bucket: "leo-saas-generated-apps-111122223333-ada",
    databaseUrl: SENTINELS.DatabaseUrl,
  });
  const assumed = `${roleArn.replace(":iam:", ":sts:").replace(":role/", ":assumed-role/")}/sst-dev`;
  expect(isDevRole(assumed, "ada")).toBe(true);
});
