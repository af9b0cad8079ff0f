/** The deployer's policy knows every call to AWS that Leo's own commands make. */
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { actionsOf, OPERATIONS } from "../policy/commands.ts";
import { exists } from "./support/aws-actions.ts";

const ROOT = path.resolve(import.meta.dirname, "../../..");

/** Where code runs with the deployer's credentials. */
const FOLDERS = ["infra", "tools/deploy", "tools/doctor/src", "tools/preflight"];

/** IAM's name of a service whose client is called otherwise. */
const SERVICES: Record<string, string> = {
  "secrets-manager": "secretsmanager",
  "service-quotas": "servicequotas",
  "route-53": "route53",
  "elastic-load-balancing-v2": "elasticloadbalancing",
  "cloudwatch-logs": "logs",
  eventbridge: "events",
};

const IMPORT = /import (?:type )?\{([^}]+)\} from "@aws-sdk\/client-([a-z0-9-]+)"/g;

const sources = FOLDERS.flatMap((folder) =>
  readdirSync(path.join(ROOT, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts") && !file.split(path.sep).includes("test"))
    .map((file) => readFileSync(path.join(ROOT, folder, file), "utf8")),
);

/** `service:Operation` of every command that the sources import. */
const operations = sources.flatMap((source) =>
  [...source.matchAll(IMPORT)].flatMap(([, names = "", client = ""]) =>
    [...names.matchAll(/\b(\w+)Command\b/g)].map(([, name]) => `${SERVICES[client] ?? client}:${name}`),
  ),
);

test("each call that preflight, deployed and the doctor make is in the policy", () => {
  expect(operations.length).toBeGreaterThan(10);
  expect(operations.filter((operation) => !OPERATIONS.includes(operation))).toEqual([]);
});

test("the policy lists no call that none of them makes", () => {
  expect(OPERATIONS.filter((operation) => !operations.includes(operation))).toEqual([]);
});

test("each of them is an action of AWS", async () => {
  const actions = OPERATIONS.flatMap(actionsOf);
  const known = await Promise.all(actions.map(exists));
  expect(actions.filter((_, index) => !known[index])).toEqual([]);
});
