import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { type Command, rejectUsage, type Values } from "../../command.ts";
import { warn } from "../../report.ts";
import { enterStage } from "../../environment/env-files.ts";
import { readRegion } from "../../../infra/stage.ts";
import { namesFor } from "../../../infra/names.ts";
import { graphOf } from "../graph/run-graph.ts";
import { deployerGrants } from "./deployer-policy.ts";
import { splitIntoDocuments } from "./documents.ts";
import { jsonOf, renderPolicy, type DeployerPolicy } from "./render.ts";
import { ANY_ACCOUNT, type Place } from "./scope.ts";
import { mergeGrants } from "./statement.ts";

export const policyCommand = {
  name: "npm run plan -- policy",
  about: "Prints the minimal IAM policy for deploying, updating, watching and removing a stage.",
  options: {
    stage: { type: "text", value: "NAME", default: "prod", about: "The stage" },
    account: { type: "text", value: "ID", about: "The AWS account's 12 digits (default any account)" },
    dev: { type: "flag", about: "What `sst dev` needs instead" },
    json: { type: "flag", about: "As JSON: every document with its name, and unscoped actions" },
    folder: { type: "text", value: "FOLDER", about: "Write each document to its own file there" },
  },
  notes: `Apply it with, for each file that --folder FOLDER writes:
  aws iam create-policy --policy-name leo-saas-deployer-1 --policy-document file://FOLDER/leo-saas-deployer-1.json
  aws iam attach-role-policy --role-name DEPLOYER --policy-arn arn:aws:iam::ACCOUNT:policy/leo-saas-deployer-1`,
} as const satisfies Command;

const checkedAccount = (account: string | undefined): string => {
  if (account === undefined) return "*";
  if (/^\d{12}$/.test(account)) return account;
  return rejectUsage(policyCommand, `--account must be the 12 digits of an AWS account, not "${account}".`);
};

/**
 * A stage's policy, in as many documents as IAM needs.
 * @param account 12 digits, or `*`
 * @param dev for `sst dev` instead of a deploy
 * @param settings LEO_… variables that override the machine's own, which count only if `inheritSettings` is set
 * @throws UnknownTypeError for a resource that's missing from the tables
 */
export const deployerPolicy = async (options: {
  stage: string;
  account: string;
  dev?: boolean;
  settings?: Record<string, string>;
  inheritSettings?: boolean;
}): Promise<DeployerPolicy> => {
  const { stage, account, dev = false, settings, inheritSettings = false } = options;
  const accountId = account === "*" ? ANY_ACCOUNT : account;
  const graph = await graphOf({ stage, dev, settings, inheritSettings, accountId });
  const region = inheritSettings ? readRegion(stage) : readRegion(stage, settings ?? {});
  const place: Place = { app: "leo-saas", stage, region, account };
  const grants = await deployerGrants(graph, place, dev);
  return {
    name: `${namesFor(stage).app}-${dev ? "developer" : "deployer"}`,
    documents: splitIntoDocuments(mergeGrants(grants)),
    grants,
  };
};

const writeDocuments = async ({ name, documents }: DeployerPolicy, folder: string): Promise<string> => {
  await mkdir(folder, { recursive: true });
  const files = documents.map((_, index) => path.join(folder, `${name}-${index + 1}.json`));
  await Promise.all(
    documents.map(async (document, index) =>
      writeFile(files[index] ?? "", `${JSON.stringify(document, undefined, 2)}\n`),
    ),
  );
  return files.map((file) => `Wrote ${file}`).join("\n");
};

/** @throws Error with the reasons why a stage is rejected */
export const printPolicy = async (values: Values<typeof policyCommand>): Promise<string> => {
  const { stage, dev, json, folder } = values;
  const account = checkedAccount(values.account);
  warn(enterStage(stage));
  const policy = await deployerPolicy({ stage, account, dev, inheritSettings: true });
  if (folder !== undefined) return writeDocuments(policy, folder);
  return json ? jsonOf(policy) : renderPolicy(policy);
};
