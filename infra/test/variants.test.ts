/** What differs from prod on plain HTTP: a domain, an own certificate, a personal stage, `sst dev`, images. */
import { beforeAll, describe, expect, test } from "vitest";
import type { Graph } from "../../tools/plan/graph/graph.ts";
import { graphOf, SENTINELS } from "../../tools/plan/graph/run-graph.ts";
import { all, container, containersOf, environmentOf, one } from "./support/find.ts";
import { allowForGraphs } from "./support/graphs.ts";
import { role } from "./support/iam.ts";
import { rulesOf } from "./support/reach.ts";
import { clearTextPaths } from "./support/clear-text.ts";

allowForGraphs();

const DOMAIN = { LEO_DOMAIN: "leo.example.com", LEO_ALLOWLIST: "203.0.113.0/24, 198.51.100.7/32" };
const CERTIFICATE = "arn:aws:acm:us-east-1:111122223333:certificate/0b0e1f0a-1111-4222-8333-444455556666";
const BALANCER = "OrchestratorLoadBalancerSecurityGroup";

const listeners = (graph: Graph) => all(graph, "lb/listener:Listener").map(({ inputs }) => inputs);

const HTTPS_LISTENERS = [
  {
    port: 80,
    protocol: "HTTP",
    defaultActions: [
      { type: "redirect", redirect: { port: "443", protocol: "HTTPS", statusCode: "HTTP_301" } },
    ],
  },
  {
    port: 443,
    protocol: "HTTPS",
    sslPolicy: "ELBSecurityPolicy-TLS13-1-2-2021-06",
    defaultActions: [{ type: "forward" }],
  },
];

test("a domain in Route 53 gets a certificate, records, HTTPS and an origin for each preview", async () => {
  const settings = { ...DOMAIN, LEO_GITHUB_ORGANIZATION: "acme-apps" };
  const graph = await graphOf({ stage: "prod", settings });

  expect(one(graph, "acm/certificate:Certificate")).toMatchObject({
    domainName: "leo.example.com",
    subjectAlternativeNames: ["*.preview.leo.example.com"],
    validationMethod: "DNS",
  });
  const records = all(graph, "route53/record:Record").map(
    ({ inputs }) => `${String(inputs.type)} ${String(inputs.name)}`,
  );
  expect(records).toEqual(expect.arrayContaining(["A leo.example.com", "A *.preview.leo.example.com"]));
  expect(listeners(graph)).toMatchObject(HTTPS_LISTENERS);

  expect(environmentOf(container(graph, "OrchestratorTask", "leo-saas-app"))).toMatchObject({
    LEO_PUBLIC_URL: "https://leo.example.com",
    LEO_PREVIEW_URL_TEMPLATE: "https://{generationId}.preview.leo.example.com/",
    LEO_GITHUB_ORGANIZATION: "acme-apps",
  });
  expect(graph.outputs.url).toBe("https://leo.example.com");

  const [service] = all(graph, "ecs/service:Service");
  const https = all(graph, "lb/listener:Listener").find(({ inputs }) => inputs.port === 443);
  expect(service?.dependencies).toContain(https?.name);
  // SST makes the listener out of the validated certificate's ARN, so it is asked for only after that.
  const order = graph.resources.map(({ name }) => name);
  expect(order.indexOf("OrchestratorSslValidation")).toBeLessThan(order.indexOf(https?.name ?? ""));
  expect(order).toContain("OrchestratorSslValidation");

  const ranges = ["203.0.113.0/24", "198.51.100.7/32"];
  expect(rulesOf(graph, BALANCER, "ingress")).toEqual([
    { protocol: "tcp", from: 80, to: 80, ranges, groups: [] },
    { protocol: "tcp", from: 443, to: 443, ranges, groups: [] },
  ]);
  expect(graph.printed).toEqual([
    expect.stringMatching(/^Warning: LEO_PREVIEW_DOMAIN is not set: previews at/),
  ]);
});

test("a preview domain and a legacy JWT secret reach the certificate, the records and the task", async () => {
  const graph = await graphOf({
    stage: "prod",
    settings: { ...DOMAIN, LEO_PREVIEW_DOMAIN: "leo-previews.example" },
    secrets: { ...SENTINELS, SupabaseJwtSecret: "CLEAR-TEXT-SupabaseJwtSecret-0123456789" },
  });
  expect(graph.printed).toEqual([]);
  expect(one(graph, "acm/certificate:Certificate")).toMatchObject({
    domainName: "leo.example.com",
    subjectAlternativeNames: ["*.leo-previews.example"],
  });
  const records = all(graph, "route53/record:Record").map(({ inputs }) => String(inputs.name));
  expect(records).toEqual(expect.arrayContaining(["leo.example.com", "*.leo-previews.example"]));
  expect(records.filter((name) => name.includes("preview.leo"))).toEqual([]);
  const orchestrator = container(graph, "OrchestratorTask", "leo-saas-app");
  expect(environmentOf(orchestrator)["LEO_PREVIEW_URL_TEMPLATE"]).toBe(
    "https://{generationId}.leo-previews.example/",
  );

  const isJwtSecret = ({ name }: { name: string }) => name === "SUPABASE_JWT_SECRET";
  expect(orchestrator.secrets?.filter(isJwtSecret)).toEqual([
    { name: "SUPABASE_JWT_SECRET", valueFrom: expect.stringContaining("leo-saas/supabase-jwt-secret") },
  ]);
  expect(
    containersOf(graph, "GeneratorTask").flatMap(({ secrets = [] }) => secrets.filter(isJwtSecret)),
  ).toEqual([]);
  const readable = role(graph, "OrchestratorExecutionRole").statements.flatMap(({ Resource }) =>
    [Resource].flat(),
  );
  expect(readable.join(" ")).toContain("leo-saas/supabase-jwt-secret");
  expect(clearTextPaths(graph, "CLEAR-TEXT-")).toEqual([]);
});

test("an own certificate is used as it is, and no record is touched", async () => {
  const graph = await graphOf({
    stage: "prod",
    settings: { ...DOMAIN, LEO_DNS: "off", LEO_CERTIFICATE_ARN: CERTIFICATE },
  });

  expect(all(graph, "acm/certificate:Certificate")).toEqual([]);
  expect(all(graph, "route53/record:Record")).toEqual([]);
  expect(listeners(graph)).toMatchObject(HTTPS_LISTENERS);
  expect(listeners(graph)[1]).toMatchObject({ certificateArn: CERTIFICATE });
  const [service] = all(graph, "ecs/service:Service");
  expect(service?.dependencies).toContain("OrchestratorListenerHTTPS443");
  expect(graph.outputs.url).toBe("https://leo.example.com");
});

test("sst dev makes the stage's bucket and secrets, and no task, image, load balancer or alarm", async () => {
  const graph = await graphOf({ stage: "ada", dev: true });

  expect(
    graph.resources
      .map(({ type }) => type)
      .filter((type) =>
        /ecs.(service|taskDefinition)|^aws:lb|docker-build|lambda|metricAlarm|budgets/.test(type),
      ),
  ).toEqual([]);
  expect(one(graph, "s3/bucketV2:BucketV2").bucket).toBe("leo-saas-generated-apps-111122223333-ada");
  expect(all(graph, "secretsmanager/secret:Secret")).toHaveLength(7);
  expect(graph.outputs.url).toBe("http://localhost:5013");
  expect(clearTextPaths(graph, "CLEAR-TEXT-")).toEqual([]);

  const actions = role(graph, "OrchestratorTaskRole").statements.flatMap(({ Action }) => [Action].flat());
  expect(actions).toContain("s3:GetObject");
  expect(actions.filter((action) => action.startsWith("ecs:"))).toEqual([]);
});

describe("images made elsewhere, another architecture, other sizes, a shell", () => {
  let graph: Graph;
  beforeAll(async () => {
    graph = await graphOf({
      stage: "prod",
      docker: false,
      settings: {
        LEO_ORCHESTRATOR_IMAGE: "ghcr.io/example/leo-saas-app:1.2.3",
        LEO_GENERATOR_IMAGE: "444455556666.dkr.ecr.eu-west-1.amazonaws.com/team/leo:1.2.3",
        LEO_ARCHITECTURE: "x86_64",
        LEO_ORCHESTRATOR_VCPU: "0.5",
        LEO_ORCHESTRATOR_MEMORY_GB: "1",
        LEO_GENERATOR_VCPU: "8",
        LEO_GENERATOR_MEMORY_GB: "16",
        LEO_VCPU_BUDGET: "32",
        LEO_EXEC: "true",
      },
    });
  });

  test("the images are run as they are, and nothing is built", () => {
    expect(all(graph, "docker-build:index:Image")).toEqual([]);
    const images = [...containersOf(graph, "OrchestratorTask"), ...containersOf(graph, "GeneratorTask")];
    const generatorImage = "444455556666.dkr.ecr.eu-west-1.amazonaws.com/team/leo:1.2.3";
    expect(images.map(({ image }) => image)).toEqual([
      "ghcr.io/example/leo-saas-app:1.2.3",
      generatorImage,
      generatorImage,
    ]);
  });

  test("the generator may pull from the repository that its image is in", () => {
    const pulled = role(graph, "GeneratorExecutionRole").statements.flatMap(({ Resource }) =>
      [Resource].flat(),
    );
    expect(pulled).toContain("arn:aws:ecr:eu-west-1:444455556666:repository/team/leo");
    expect(pulled).not.toContain("arn:aws:ecr:us-east-1:111122223333:repository/leo");
  });

  test("architecture and sizes reach both task definitions and the launcher", () => {
    const runtimePlatform = { cpuArchitecture: "X86_64" };
    expect(one(graph, "ecs/taskDefinition:TaskDefinition", "OrchestratorTask")).toMatchObject({
      runtimePlatform,
      cpu: "512",
      memory: "1024",
    });
    expect(one(graph, "ecs/taskDefinition:TaskDefinition", "GeneratorTask")).toMatchObject({
      runtimePlatform,
      cpu: "8192",
      memory: "16384",
    });
    expect(environmentOf(container(graph, "OrchestratorTask", "leo-saas-app"))).toMatchObject({
      LEO_GENERATOR_VCPU: "8",
      LEO_GENERATOR_MEMORY_MIB: "16384",
      LEO_VCPU_BUDGET: "32",
    });
  });

  test("the shell that was asked for is there", () => {
    expect(one(graph, "ecs/service:Service").enableExecuteCommand).toBe(true);
    const actions = role(graph, "OrchestratorTaskRole").statements.flatMap(({ Action }) => [Action].flat());
    expect(actions).toContain("ssmmessages:OpenDataChannel");
  });
});
