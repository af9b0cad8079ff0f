import { expect, test } from "vitest";
import type { Graph } from "../../tools/plan/graph/graph.ts";
import { graphOf, refusalOf } from "../../tools/plan/graph/run-graph.ts";
import { renderGraph, renderTable } from "../../tools/plan/graph/render.ts";
import { nameProblems } from "../../tools/preflight/account-problems.ts";
import { readStage } from "../stage.ts";
import { allowForGraphs } from "./support/graphs.ts";

allowForGraphs();

const ACCOUNT = "111122223333";
const EVERYTHING = { LEO_ADOPT: "bucket, secrets, repositories, logs" };

/** What is taken over: type, physical name, and the id under which the provider reads it. */
const takenOver = (graph: Graph) =>
  graph.resources
    .filter(({ options }) => options.import !== undefined)
    .map(({ type, inputs, options }) => [type, inputs.name ?? inputs.bucket, options.import]);

const secret = (stage: string, name: string) => [
  "aws:secretsmanager/secret:Secret",
  `${stage}/${name}`,
  `arn:aws:secretsmanager:us-east-1:${ACCOUNT}:secret:${stage}/${name}-AbCdEf`,
];

const SECRETS = [
  "claude-oauth-token",
  "database-url",
  "fly-api-token",
  "github-bot-token",
  "supabase-anon-key",
  "supabase-service-role-key",
  "supabase-url",
];
const BUCKET = `leo-saas-generated-apps-${ACCOUNT}`;

test("a deploy makes everything itself unless it is told to take over", async () => {
  expect(takenOver(await graphOf({ stage: "prod" }))).toEqual([]);
});

test("LEO_ADOPT takes over bucket, secrets, repositories and logs by the ids that AWS reads them by", async () => {
  const graph = await graphOf({ stage: "prod", settings: EVERYTHING });
  const expected = [
    ["aws:cloudwatch/logGroup:LogGroup", "/ecs/leo", "/ecs/leo"],
    ["aws:cloudwatch/logGroup:LogGroup", "/ecs/leo-saas-app", "/ecs/leo-saas-app"],
    ["aws:ecr/repository:Repository", "leo", "leo"],
    ["aws:ecr/repository:Repository", "leo-saas-app", "leo-saas-app"],
    ["aws:s3/bucketV2:BucketV2", BUCKET, BUCKET],
    ...SECRETS.map((name) => secret("leo-saas", name)),
  ];
  expect(takenOver(graph)).toHaveLength(expected.length);
  expect(takenOver(graph)).toEqual(expect.arrayContaining(expected));
  expect(renderTable(graph)).toMatch(
    /BucketV2 +GeneratedAppsBucket +leo-saas-generated-apps-\d+ {2}taken over/,
  );
  expect(renderGraph(graph)).toContain(
    `BucketV2 GeneratedAppsBucket  (in GeneratedApps)  (taken over: ${BUCKET})`,
  );
});

test("what is taken over is set up as what is made: only the id differs", async () => {
  const [made, taken] = await Promise.all([
    graphOf({ stage: "prod" }),
    graphOf({ stage: "prod", settings: EVERYTHING }),
  ]);
  const named = (graph: Graph) =>
    graph.resources
      .filter(({ type }) => /secret:Secret|ecr\/repository|logGroup:LogGroup|bucketV2/.test(type))
      .map(({ type, name, inputs, options }) => ({
        type,
        name,
        inputs,
        options: { ...options, import: undefined },
      }))
      .toSorted((a, b) => a.name.localeCompare(b.name));
  expect(named(taken)).toEqual(named(made));
});

test("LEO_ADOPT takes over a part, and only of this stage's names", async () => {
  const graph = await graphOf({ stage: "ada", settings: { LEO_ADOPT: "bucket" } });
  expect(takenOver(graph)).toEqual([["aws:s3/bucketV2:BucketV2", `${BUCKET}-ada`, `${BUCKET}-ada`]]);
});

test("outside of us-east-1 the earlier bucket keeps its name, which has no Region in it", async () => {
  const settings = { LEO_ADOPT: "bucket", LEO_REGION: "eu-west-1" };
  const graph = await graphOf({ stage: "prod", settings });
  expect(takenOver(graph)).toEqual([["aws:s3/bucketV2:BucketV2", BUCKET, BUCKET]]);
  expect(graph.outputs.bucket).toBe(BUCKET);
});

test("what is not there to be taken over is named, all of it, before anything is made", async () => {
  const absent = [BUCKET, "leo-saas/fly-api-token"];
  const refusal = await refusalOf({ stage: "prod", settings: EVERYTHING, absent });
  expect(refusal.refused.split("\n")).toEqual([
    expect.stringMatching(`^LEO_ADOPT names bucket, but ${BUCKET} cannot be read: .*does not exist`),
    expect.stringMatching(
      "^LEO_ADOPT names secrets, but leo-saas/fly-api-token cannot be read: .*does not exist",
    ),
  ]);
  expect(refusal.registered).toBe(0);
});

test("LEO_ADOPT names what it can take over when it is mistyped", async () => {
  const { refused } = await refusalOf({ stage: "prod", settings: { LEO_ADOPT: "bucket,logz" } });
  expect(refused).toContain('"logz" is not one of bucket, secrets, repositories, logs');
});

test("a name of another stack is no obstacle where it is taken over, and still one where it is not", () => {
  const owner = { owner: "other", by: "the CloudFormation stack LeoStack" } as const;
  const owned = [
    { named: { kind: "bucket", name: BUCKET }, owner },
    { named: { kind: "secret", name: "leo-saas/database-url" }, owner },
    { named: { kind: "log group", name: "/ecs/leo" }, owner },
    { named: { kind: "ECS cluster", name: "leo-saas" }, owner },
  ] as const;
  const stage = { ...readStage("prod", {}), adopt: ["bucket" as const, "secrets" as const] };
  const [problem, ...others] = nameProblems(stage, [...owned]);
  expect(others).toEqual([]);
  expect(problem).toContain("the log group /ecs/leo, the ECS cluster leo-saas");
  expect(problem).not.toContain(BUCKET);
  expect(problem).not.toContain("database-url");
});
