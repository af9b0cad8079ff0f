import { describe, expect, test } from "vitest";
import { allowForGraphs } from "../../../infra/test/support/graphs.ts";
import { COUNTERPARTS } from "../cloudformation/counterparts.ts";
import { templateOf, unmappedTypes, type Template } from "../cloudformation/template.ts";
import { VARIANTS } from "../cloudformation/variants.ts";
import type { Graph } from "../graph/graph.ts";
import { graphOf } from "../graph/run-graph.ts";

allowForGraphs();

/** Every object in a template that stands for another resource or a parameter. */
const referencesIn = (value: unknown): string[] => {
  if (Array.isArray(value)) return value.flatMap(referencesIn);
  if (value === null || typeof value !== "object") return [];
  if ("Ref" in value) return [String(value.Ref)];
  if ("Fn::GetAtt" in value) return (value["Fn::GetAtt"] as string[]).slice(0, 1);
  return Object.values(value).flatMap(referencesIn);
};

const ofType = ({ Resources }: Template, type: string) =>
  Object.values(Resources)
    .filter(({ Type }) => Type === `AWS::${type}`)
    .map(({ Properties }) => Properties);

describe.each(Object.entries(VARIANTS))("%s", (_, options) => {
  test("every AWS resource has a counterpart, or is noted as having none", async () => {
    const graph = await graphOf(options);
    expect(unmappedTypes(graph)).toEqual([]);
    const reasons = graph.resources.flatMap(({ type }) => {
      const found = COUNTERPARTS[type];
      return found && "absent" in found ? [found.absent] : [];
    });
    for (const reason of reasons) expect(reason).toMatch(/^CloudFormation .*\.$/);
  });

  test("nothing refers to a resource that is not there, and no stand-in for an id is left", async () => {
    const template = templateOf(await graphOf(options));
    const known = new Set([...Object.keys(template.Resources), ...Object.keys(template.Parameters)]);
    expect(referencesIn(template.Resources).filter((name) => !known.has(name))).toEqual([]);
    expect(JSON.stringify(template).match(/"[\w-]+-id"/g)).toBeNull();
  });

  test("no secret is in the template", async () => {
    const template = templateOf(await graphOf(options));
    expect(JSON.stringify(template)).not.toMatch(/CLEAR-TEXT|REGISTRY-PASSWORD/);
    expect(Object.keys(template.Parameters)).toHaveLength(7);
  });
});

test("properties have CloudFormation's names and forms", async () => {
  const template = templateOf(await graphOf(VARIANTS.domain ?? { stage: "prod" }));
  const tasks = ofType(template, "ECS::TaskDefinition");
  expect(tasks).toContainEqual(
    expect.objectContaining({
      Family: "leo",
      Cpu: "4096",
      RuntimePlatform: { CpuArchitecture: "ARM64", OperatingSystemFamily: "LINUX" },
      ContainerDefinitions: expect.arrayContaining([
        expect.objectContaining({
          Name: "leo",
          // The driver's options are data and keep their names.
          LogConfiguration: {
            LogDriver: "awslogs",
            Options: expect.objectContaining({ "awslogs-region": "us-east-1" }) as unknown,
          },
        }),
      ]) as unknown,
    }),
  );
  expect(ofType(template, "S3::Bucket")).toMatchObject([
    {
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: "AES256" } }],
      },
      PublicAccessBlockConfiguration: { BlockPublicAcls: true },
      LifecycleConfiguration: {
        Rules: [
          { ExpirationInDays: 30, Prefix: "apps/", Status: "Enabled" },
          { AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 }, Status: "Enabled" },
        ],
      },
    },
  ]);
  expect(template.Resources.GeneratedAppsBucket?.DeletionPolicy).toBe("Retain");
  const balancer = ofType(template, "ElasticLoadBalancingV2::LoadBalancer")[0]?.LoadBalancerAttributes;
  expect(balancer).toContainEqual({ Key: "deletion_protection.enabled", Value: "true" });
  expect(balancer).toContainEqual({ Key: "idle_timeout.timeout_seconds", Value: "300" });
  const names = ofType(template, "Route53::RecordSet").map(({ Name, AliasTarget }) => AliasTarget && Name);
  expect(names).toContain("leo.example.com");
});

test("a type that nobody mapped is named, and renders nothing", () => {
  const graph: Graph = {
    resources: [
      {
        type: "aws:quantum/computer:Computer",
        name: "Cat",
        inputs: {},
        attributes: {},
        options: { ignoreChanges: [], retainOnDelete: false },
        dependencies: [],
      },
    ],
    commands: [],
    dataSources: [],
    outputs: {},
    printed: [],
  };
  expect(unmappedTypes(graph)).toEqual(["aws:quantum/computer:Computer"]);
  expect(() => templateOf(graph)).toThrow(/counterpart is known for aws:quantum/);
});

test("what is not wanted is left out, and what refers to it keeps the graph's own value", async () => {
  const template = templateOf(await graphOf({ stage: "prod" }), (type) => !type.startsWith("AWS::Lambda"));
  expect(ofType(template, "Lambda::Function")).toEqual([]);
  expect(JSON.stringify(template)).toContain(
    "arn:aws:lambda:us-east-1:111122223333:function:leo-saas-reaper",
  );
});
