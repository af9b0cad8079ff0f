/** Network, tasks and images of prod on plain HTTP. */
import { beforeAll, describe, expect, test } from "vitest";
import type { Graph } from "../../tools/plan/graph/graph.ts";
import { graphOf } from "../../tools/plan/graph/run-graph.ts";
import { readConfig } from "../../packages/orchestrator/src/config.ts";
import { allowForGraphs } from "./support/graphs.ts";
import { all, container, containersOf, environmentOf, one } from "./support/find.ts";
import { reaches, rulesOf } from "./support/reach.ts";

allowForGraphs();
let graph: Graph;
beforeAll(async () => {
  graph = await graphOf({ stage: "prod" });
});

describe("network", () => {
  test("two zones of public subnets without a NAT", () => {
    const subnets = all(graph, "ec2/subnet:Subnet").filter(({ name }) => name.includes("Public"));
    expect(subnets.map(({ inputs }) => inputs.availabilityZone)).toEqual(["us-east-1a", "us-east-1b"]);
    expect(all(graph, "ec2/natGateway:NatGateway")).toEqual([]);
    expect(all(graph, "ec2/instance:Instance")).toEqual([]);
    expect(all(graph, "ec2/eip:Eip")).toEqual([]);
  });

  test("the VPC's default security group is empty", () => {
    expect(one(graph, "ec2/defaultSecurityGroup:DefaultSecurityGroup")).toMatchObject({
      ingress: [],
      egress: [],
    });
  });

  test("S3 is reached through a gateway endpoint on the tasks' route tables", () => {
    expect(one(graph, "ec2/vpcEndpoint:VpcEndpoint")).toMatchObject({
      vpcEndpointType: "Gateway",
      serviceName: "com.amazonaws.us-east-1.s3",
      routeTableIds: ["NetworkPublicRouteTable1-id", "NetworkPublicRouteTable2-id"],
    });
  });

  test("one cluster, with Container Insights", () => {
    expect(one(graph, "ecs/cluster:Cluster")).toMatchObject({
      name: "leo-saas",
      settings: [{ name: "containerInsights", value: "enabled" }],
    });
  });
});

describe("orchestrator", () => {
  const service = () => one(graph, "ecs/service:Service");
  const task = () => one(graph, "ecs/taskDefinition:TaskDefinition", "OrchestratorTask");
  const app = () => container(graph, "OrchestratorTask", "leo-saas-app");

  test("1 vCPU and 2 GB on Graviton", () => {
    expect(task()).toMatchObject({
      family: "leo-saas-app",
      cpu: "1024",
      memory: "2048",
      runtimePlatform: { cpuArchitecture: "ARM64" },
      skipDestroy: true,
    });
  });

  test("one task, rolled back by the circuit breaker, in its own security group", () => {
    expect(service()).toMatchObject({
      name: "leo-saas-app",
      desiredCount: 1,
      // A second one beside it during a deploy.
      deploymentMaximumPercent: 200,
      deploymentCircuitBreaker: { enable: true, rollback: true },
      // The deploy command waits by itself, and says what it waits for.
      waitForSteadyState: false,
      enableExecuteCommand: false,
      healthCheckGracePeriodSeconds: 60,
      networkConfiguration: {
        assignPublicIp: true,
        securityGroups: ["OrchestratorGroup-id"],
        subnets: ["NetworkPublicSubnet1-id", "NetworkPublicSubnet2-id"],
      },
    });
  });

  test("is made once its target group has a listener, which ECS insists on", () => {
    const [made] = all(graph, "ecs/service:Service");
    expect(made?.dependencies).toContain("OrchestratorListenerHTTP80");
  });

  test("nothing scales it", () => {
    expect(one(graph, "appautoscaling/target:Target")).toMatchObject({ minCapacity: 1, maxCapacity: 1 });
    expect(all(graph, "appautoscaling/policy:Policy")).toEqual([]);
  });

  test("two ports, no terminal, no root, 120 s to stop", () => {
    expect(app()).toMatchObject({
      pseudoTerminal: false,
      user: "node",
      stopTimeout: 120,
      linuxParameters: { initProcessEnabled: true },
    });
    expect(app().portMappings?.map(({ containerPort }) => containerPort)).toEqual([5013, 5014]);
  });

  test("its environment and secrets are all that its configuration asks for", () => {
    const secrets = Object.fromEntries(
      (app().secrets ?? []).map(({ name }) => [name, "https://a-secret.example.com"]),
    );
    const config = readConfig({
      ...environmentOf(app()),
      ...secrets,
      DATABASE_URL: "postgresql://user:password@host:5432/postgres",
    });
    expect(config).toMatchObject({
      PORT: 5013,
      LEO_GENERATOR_PORT: 5014,
      LEO_TRUSTED_PROXIES: 1,
      AWS_REGION: "us-east-1",
      LEO_BUCKET: "leo-saas-generated-apps-111122223333",
      LEO_CLUSTER: "leo-saas",
      LEO_GENERATOR_FAMILY: "leo",
      LEO_TASK_LOG_URL:
        "https://us-east-1.console.aws.amazon.com/cloudwatch/home?region=us-east-1#logsV2:log-groups/log-group/$252Fecs$252Fleo/log-events/leo$252Fleo$252F{taskId}",
      LEO_GENERATOR_SUBNETS: ["NetworkPublicSubnet1-id", "NetworkPublicSubnet2-id"],
      LEO_GENERATOR_SECURITY_GROUPS: ["GeneratorGroup-id"],
      LEO_TASK_EVENTS_QUEUE_URL: "https://sqs.us-east-1.amazonaws.com/111122223333/leo-saas-task-events",
      LEO_GENERATOR_VCPU: 4,
      LEO_GENERATOR_MEMORY_MIB: 8192,
    });
  });

  test("on plain HTTP, pages and previews are on the load balancer's own name", () => {
    const { LEO_PUBLIC_URL, LEO_PREVIEW_URL_TEMPLATE } = environmentOf(app());
    expect(LEO_PUBLIC_URL).toMatch(/^http:\/\/[^/]+\.elb\.amazonaws\.com$/);
    expect(LEO_PREVIEW_URL_TEMPLATE).toBe(`${LEO_PUBLIC_URL}/preview/{generationId}/`);
    expect(graph.outputs.url).toBe(LEO_PUBLIC_URL);
  });

  test("generators reach it by its Cloud Map name, not through the load balancer", () => {
    const { name } = one(graph, "servicediscovery/service:Service");
    const { name: namespace } = one(graph, "servicediscovery/privateDnsNamespace:PrivateDnsNamespace");
    expect(environmentOf(app()).LEO_GENERATOR_URL).toBe(
      `ws://${String(name)}.${String(namespace)}:5014/ws/generator`,
    );
    expect(service().serviceRegistries).toMatchObject({
      registryArn: expect.stringContaining("servicediscovery") as string,
    });
  });
});

describe("load balancer", () => {
  test("public, 300 s idle, drops invalid headers, cannot be deleted by mistake", () => {
    expect(one(graph, "lb/loadBalancer:LoadBalancer")).toMatchObject({
      internal: false,
      loadBalancerType: "application",
      subnets: ["NetworkPublicSubnet1-id", "NetworkPublicSubnet2-id"],
      idleTimeout: 300,
      dropInvalidHeaderFields: true,
      enableDeletionProtection: true,
    });
  });

  test("sticky for a day, drained in 60 s, /health every 15 s", () => {
    expect(one(graph, "lb/targetGroup:TargetGroup")).toMatchObject({
      port: 5013,
      protocol: "HTTP",
      targetType: "ip",
      stickiness: { type: "lb_cookie", enabled: true, cookieDuration: 86_400 },
      deregistrationDelay: 60,
      healthCheck: { path: "/health", interval: 15, healthyThreshold: 2, unhealthyThreshold: 3 },
    });
  });

  test("without a domain it forwards port 80 and says that it is not encrypted", () => {
    expect(all(graph, "lb/listener:Listener")).toHaveLength(1);
    expect(one(graph, "lb/listener:Listener")).toMatchObject({
      port: 80,
      protocol: "HTTP",
      defaultActions: [{ type: "forward" }],
    });
    expect(graph.printed.join("\n")).toMatch(/plain HTTP/);
    expect(graph.printed.join("\n")).toMatch(/everybody can open the site/);
  });
});

describe("who can connect to whom", () => {
  const BALANCER = "OrchestratorLoadBalancerSecurityGroup";

  test("the world reaches the load balancer on port 80 only", () => {
    expect(rulesOf(graph, BALANCER, "ingress")).toEqual([
      { protocol: "tcp", from: 80, to: 80, ranges: ["0.0.0.0/0"], groups: [] },
    ]);
    expect(reaches(graph, "world", "OrchestratorGroup", 5013)).toBe(false);
  });

  test("the load balancer reaches only the orchestrator's port", () => {
    expect(reaches(graph, BALANCER, "OrchestratorGroup", 5013)).toBe(true);
    expect(reaches(graph, BALANCER, "OrchestratorGroup", 5014)).toBe(false);
    expect(reaches(graph, BALANCER, "OrchestratorGroup", 22)).toBe(false);
    expect(reaches(graph, BALANCER, "world", 443)).toBe(false);
    expect(reaches(graph, BALANCER, "GeneratorGroup", 8080)).toBe(false);
  });

  test("a generator reaches its socket's port, HTTP and HTTPS, but not the API's or any other port", () => {
    expect(reaches(graph, "GeneratorGroup", "OrchestratorGroup", 5014)).toBe(true);
    expect(reaches(graph, "world", "OrchestratorGroup", 5014)).toBe(false);
    for (const port of [80, 443, 5013])
      expect([port, reaches(graph, "GeneratorGroup", "OrchestratorGroup", port)]).toEqual([port, false]);
    expect(reaches(graph, "GeneratorGroup", "world", 443)).toBe(true);
    expect(reaches(graph, "GeneratorGroup", "world", 80)).toBe(true);
    for (const port of [22, 25, 5432, 8080]) {
      expect(reaches(graph, "GeneratorGroup", "world", port)).toBe(false);
      expect(reaches(graph, "GeneratorGroup", "OrchestratorGroup", port)).toBe(false);
    }
  });

  test("nobody reaches a generator, not even another one", () => {
    expect(rulesOf(graph, "GeneratorGroup", "ingress")).toEqual([]);
    expect(reaches(graph, "GeneratorGroup", "GeneratorGroup", 8080)).toBe(false);
    expect(reaches(graph, "OrchestratorGroup", "GeneratorGroup", 8080)).toBe(false);
  });

  test("the orchestrator reaches HTTPS, the database's port and name servers", () => {
    const ports = rulesOf(graph, "OrchestratorGroup", "egress").map(
      ({ protocol, to }) => `${protocol} ${to}`,
    );
    expect(ports.toSorted()).toEqual(["tcp 443", "tcp 53", "tcp 5432", "udp 53"]);
    expect(reaches(graph, "OrchestratorGroup", "world", 22)).toBe(false);
  });
});

test("EC2 accepts every description of a security group and its rules", () => {
  const descriptions = graph.resources
    .filter(({ type }) => /securityGroup/i.test(type))
    .map(({ inputs }) => inputs.description)
    .filter((description) => description !== undefined);
  expect(descriptions.length).toBeGreaterThan(10);
  for (const description of descriptions)
    expect(description).toMatch(/^[a-zA-Z0-9 ._\-:/()#,@[\]+=;{}!$*]{1,255}$/);
});

describe("generator", () => {
  test("4 vCPU, 8 GB, 30 GiB on Fargate; old revisions stay", () => {
    expect(one(graph, "ecs/taskDefinition:TaskDefinition", "GeneratorTask")).toMatchObject({
      family: "leo",
      cpu: "4096",
      memory: "8192",
      ephemeralStorage: { sizeInGib: 30 },
      requiresCompatibilities: ["FARGATE"],
      networkMode: "awsvpc",
      skipDestroy: true,
      runtimePlatform: { cpuArchitecture: "ARM64" },
    });
  });

  test("both containers are essential, not root, have an init process and 120 s to stop", () => {
    const containers = containersOf(graph, "GeneratorTask");
    expect(containers.map(({ name }) => name)).toEqual(["leo", "sandbox"]);
    for (const each of containers) {
      expect(each).toMatchObject({
        essential: true,
        user: "node",
        stopTimeout: 120,
        linuxParameters: { initProcessEnabled: true, capabilities: { drop: ["ALL"] } },
      });
    }
  });

  test("the sandbox has no secrets or variables; the driver has only the Claude token", () => {
    const driver = container(graph, "GeneratorTask", "leo");
    const sandbox = container(graph, "GeneratorTask", "sandbox");
    expect(sandbox.secrets ?? []).toEqual([]);
    expect(environmentOf(sandbox)).toEqual({});
    expect(Object.keys(environmentOf(driver))).toEqual(["AWS_REGION"]);
    expect(driver.secrets).toEqual([
      {
        name: "CLAUDE_CODE_OAUTH_TOKEN",
        valueFrom: "arn:aws:secretsmanager:us-east-1:111122223333:secret:leo-saas/claude-oauth-token-AbCdEf",
      },
    ]);
  });

  test("the sandbox cannot eat the driver's memory, and outlives it, so that its work can be stored", () => {
    const driver = container(graph, "GeneratorTask", "leo");
    const sandbox = container(graph, "GeneratorTask", "sandbox");
    expect([driver.memory, sandbox.memory]).toEqual([1_536, 8_192 - 1_536]);
    expect(driver.readonlyRootFilesystem).toBe(true);
    expect(driver.dependsOn).toEqual([{ containerName: "sandbox", condition: "START" }]);
    expect(driver.command).toBeUndefined();
    expect(sandbox.command?.at(-1)).toBe("packages/generator/dist/sandbox.js");
  });
});

describe("images", () => {
  test("repositories are scanned", () => {
    expect(all(graph, "ecr/repository:Repository").map(({ inputs }) => inputs.name)).toEqual([
      "leo-saas-app",
      "leo",
    ]);
    for (const { inputs } of all(graph, "ecr/repository:Repository")) {
      expect(inputs).toMatchObject({ imageScanningConfiguration: { scanOnPush: true }, forceDelete: false });
    }
  });

  test.for([
    ["OrchestratorImage", "leo-saas-app", "OrchestratorTask"],
    ["GeneratorImage", "leo", "GeneratorTask"],
  ] as const)(
    "%s is built for the architecture, packed with zstd, cached, tagged with the commit and run by digest",
    ([name, repository, task]) => {
      const packed = {
        compression: "zstd",
        compressionLevel: 19,
        forceCompression: true,
        ociMediaTypes: true,
      };
      const url = `111122223333.dkr.ecr.us-east-1.amazonaws.com/${repository}`;
      const image = one(graph, "docker-build:index:Image", name);
      expect(image).toMatchObject({
        platforms: ["linux/arm64"],
        push: false,
        exports: [{ registry: { push: true, ...packed } }],
        tags: [expect.stringMatching(/:[0-9a-f]{12}(-[0-9a-f]{8})?$/) as string, `${url}:latest`],
        cacheFrom: [{ registry: { ref: `${url}:cache` } }],
        cacheTo: [{ registry: { ref: `${url}:cache`, mode: "max", imageManifest: true, ...packed } }],
      });
      for (const { image: reference } of containersOf(graph, task))
        expect(reference).toMatch(`${url}@sha256:`);
    },
  );
});
