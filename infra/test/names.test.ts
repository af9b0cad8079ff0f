/** Stages live side by side in one account: whatever their names, they share nothing. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { globalNamesFor, namesFor } from "../names.ts";
import { namedResources } from "../../tools/preflight/named.ts";
import { ALL_SECRETS, type AnySecretName } from "../secret-list.ts";
import { committedDefaults, WITHOUT_ENV_FILES } from "../../tools/environment/env-files.ts";
import { readStage } from "../stage.ts";

const ACCOUNT = "111122223333";
const REGIONS = ["us-east-1", "eu-west-1", "ap-southeast-2", "us-gov-west-1"];
const SECRETS = Object.keys(ALL_SECRETS) as AnySecretName[];

const isAllowed = (name: string) => {
  try {
    readStage(name, { ...WITHOUT_ENV_FILES, ...committedDefaults() });
    return true;
  } catch {
    return false;
  }
};

/** Made of the words that names are made of, which is where two of them could meet. */
const word = fc.constantFrom(
  ..."saas app leo reaper ada prod task events dead generated apps generator execution notices x 2".split(
    " ",
  ),
  ..."task-events generated-apps generator-task us-east-1 euw1 s3alias".split(" "),
);
const stageName = fc
  .array(word, { minLength: 1, maxLength: 4 })
  .map((words) => words.join("-").slice(0, 20))
  .filter(isAllowed);

const named = (name: string, region: string) => namedResources({ name, region }, ACCOUNT, SECRETS, false);

/** Resources in policies that end in a star, by what stands before it. */
const patterns = (stage: string) => {
  const names = namesFor(stage);
  return [
    `secret:${names.secretPrefix}`,
    `task/${names.app}/`,
    `task-definition/${names.generator}:`,
    `log-group:${names.orchestratorLogs}:`,
    `log-group:${names.generatorLogs}:`,
    `log-group:${names.reaperLogs}:`,
  ];
};
/** What these patterns are meant to match. */
const matched = (stage: string) => {
  const names = namesFor(stage);
  return [
    ...SECRETS.map((secret) => `secret:${names.secret(ALL_SECRETS[secret].name)}-AbCdEf`),
    `task/${names.app}/0123`,
    `task-definition/${names.generator}:1`,
    `task-definition/${names.orchestrator}:1`,
    ...[names.orchestratorLogs, names.generatorLogs, names.reaperLogs].map((log) => `log-group:${log}:x`),
  ];
};

test("no two stages have a name in common, and no policy of one reaches into another", () => {
  fc.assert(
    fc.property(stageName, stageName, fc.constantFrom(...REGIONS), (one, other, region) => {
      fc.pre(one !== other);
      const key = ({ kind, name }: { kind: string; name: string }) => `${kind} ${name}`;
      const mine = new Set(named(one, region).map(key));
      expect(
        named(other, region)
          .map(key)
          .filter((name) => mine.has(name)),
      ).toEqual([]);
      const reached = matched(other).filter((name) => patterns(one).some((start) => name.startsWith(start)));
      expect(reached).toEqual([]);
    }),
    { numRuns: 500 },
  );
});

/** What AWS accepts. */
const FORMS: Record<string, RegExp> = {
  "ECR repository": /^(?=.{2,256}$)[a-z0-9]+([._-][a-z0-9]+)*$/,
  bucket: /^(?=.{3,63}$)[a-z0-9]([a-z0-9-]*[a-z0-9])$(?<!-s3alias)/,
  "IAM role": /^[\w+=,.@-]{1,64}$/,
  queue: /^[\w-]{1,80}$/,
  "ECS cluster": /^[\w-]{1,255}$/,
  "Lambda function": /^[\w-]{1,64}$/,
  "SNS topic": /^[\w-]{1,256}$/,
  "EventBridge rule": /^[.\w-]{1,64}$/,
  budget: /^[^:\\]{1,100}$/,
  secret: /^[\w/+=.@-]{1,512}$/,
};

test("every allowed stage has names that AWS accepts, in every Region", () => {
  const text = fc
    .string({ unit: fc.constantFrom(..."a b c z 0 1 9 -".split(" ")), minLength: 1, maxLength: 20 })
    .filter(isAllowed);
  fc.assert(
    fc.property(fc.oneof(stageName, text), fc.constantFrom(...REGIONS), (stage, region) => {
      for (const { kind, name } of named(stage, region)) expect(name).toMatch(FORMS[kind] ?? /./);
    }),
    { numRuns: 400 },
  );
});

test.for([
  ["saas", "prod"],
  ["saas-app", "prod"],
  ["saas-app-ada", "ada"],
])("without its rule the stage %s would have names of %s", ([wrong = "", right = ""]) => {
  const { generator } = namesFor(wrong);
  const { app, orchestrator } = namesFor(right);
  expect([app, orchestrator]).toContain(generator);
  expect(isAllowed(wrong)).toBe(false);
});

test("one stage in two Regions has no global name twice", () => {
  const [first, second] = ["us-east-1", "eu-west-1"].map((region) => globalNamesFor("ada", region));
  expect(first?.bucket(ACCOUNT)).not.toBe(second?.bucket(ACCOUNT));
  expect(first?.generatorTaskRole).not.toBe(second?.generatorTaskRole);
  expect(first?.budget).not.toBe(second?.budget);
});
