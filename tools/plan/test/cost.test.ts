import { beforeAll, describe, expect, test } from "vitest";
import { baselineLines, generationUsd, taskSize, taskUsd, totalUsd, watchingLines } from "../cost/cost.ts";
import { FARGATE } from "../cost/prices.ts";
import { renderCost } from "../cost/render.ts";
import type { Graph } from "../graph/graph.ts";
import { graphOf } from "../graph/run-graph.ts";
import { allowForGraphs } from "../../../infra/test/support/graphs.ts";

allowForGraphs();
let arm: Graph;
beforeAll(async () => {
  arm = await graphOf({ stage: "prod" });
});

/** The same stage on x86: only the architecture and its rate differ. */
const onX86 = (graph: Graph): Graph => ({
  ...graph,
  resources: graph.resources.map((resource) =>
    resource.type === "aws:ecs/taskDefinition:TaskDefinition"
      ? { ...resource, inputs: { ...resource.inputs, runtimePlatform: { cpuArchitecture: "X86_64" } } }
      : resource,
  ),
});

const amounts = (graph: Graph) =>
  Object.fromEntries(baselineLines(graph).map(({ what, monthlyUsd }) => [what, monthlyUsd]));

describe("a month", () => {
  test("on Graviton is about $62", () => {
    expect(amounts(arm)).toEqual({
      "Orchestrator on Fargate": expect.closeTo(730 * (0.03238 + 2 * 0.00356), 6),
      "Load balancer": expect.closeTo(16.425, 6),
      "Load balancer traffic": expect.closeTo(730 * 0.2 * 0.008, 6),
      "Public IPv4 addresses": expect.closeTo(3 * 730 * 0.005, 6),
      Secrets: expect.closeTo(7 * 0.4, 6),
      "Private DNS zone": 0.5,
      Logs: 0.5,
      Images: expect.closeTo(0.3, 6),
      "Generated apps": expect.closeTo(0.23, 6),
    });
    expect(totalUsd(baselineLines(arm))).toBeCloseTo(61.71, 2);
  });

  test("on x86 is about $69", () => {
    expect(amounts(onX86(arm))["Orchestrator on Fargate"]).toBeCloseTo(36.04, 2);
    expect(totalUsd(baselineLines(onX86(arm)))).toBeCloseTo(68.91, 2);
  });

  test("the load balancer and the addresses alone are $27", () => {
    const { "Load balancer": balancer = 0, "Public IPv4 addresses": addresses = 0 } = amounts(arm);
    expect(balancer + addresses).toBeCloseTo(27.375, 3);
  });

  test("every line names where its price stands", () => {
    for (const { source } of [...baselineLines(arm), ...watchingLines(arm)]) {
      expect(source).toMatch(/^https:\/\/aws\.amazon\.com\/[a-z0-9-]+\/pricing\/$/);
    }
  });

  test("alarms are paid by the metric that they look at", () => {
    const [alarms] = watchingLines(arm);
    expect(alarms).toMatchObject({ what: "Alarms", basis: "19 metrics" });
    expect(alarms?.monthlyUsd).toBeCloseTo(1.9, 10);
  });
});

describe("a generation of 15 minutes", () => {
  test("costs $0.041 on Graviton, $0.051 on x86, about $0.017 on Spot", () => {
    expect(generationUsd(arm, 15).onDemandUsd).toBeCloseTo(0.041, 3);
    expect(generationUsd(onX86(arm), 15).onDemandUsd).toBeCloseTo(0.051, 3);
    expect(generationUsd(arm, 15).spotUsd).toBeCloseTo(0.017, 3);
  });

  test("is vCPU, memory, storage over 20 GiB and an address, by the hour", () => {
    const size = { vcpu: 4, memoryGb: 8, storageGib: 30, architecture: "x86_64" } as const;
    const perHour = 4 * 0.04048 + 8 * 0.004445 + 10 * 0.000111 + 0.005;
    expect(taskUsd(size, 1, FARGATE.x86_64)).toBeCloseTo(perHour, 10);
    expect(taskUsd(size, 0.25, FARGATE.x86_64)).toBeCloseTo(perHour / 4, 10);
    expect(taskUsd({ ...size, storageGib: 20 }, 1, FARGATE.x86_64)).toBeCloseTo(perHour - 0.00111, 10);
  });

  test("has the size that the graph gives it", () => {
    expect(taskSize(arm, "GeneratorTask")).toEqual({
      vcpu: 4,
      memoryGb: 8,
      storageGib: 30,
      architecture: "arm64",
    });
    expect(taskSize(arm, "OrchestratorTask")).toEqual({
      vcpu: 1,
      memoryGb: 2,
      storageGib: 20,
      architecture: "arm64",
    });
  });
});

test("the report names the Region, the date and the sources of its prices", () => {
  const text = renderCost(arm, "us-east-1");
  expect(text).toMatch(/Prices of us-east-1, read in \w+ 2026/);
  expect(text).toContain("https://aws.amazon.com/fargate/pricing/");
  expect(text).toContain("$61.71");
  expect(renderCost(arm, "eu-west-1")).toMatch(/eu-west-1 may differ/);
});

test("sst dev has no such costs", () => {
  expect(() =>
    taskSize({ resources: [], commands: [], dataSources: [], outputs: {}, printed: [] }, "GeneratorTask"),
  ).toThrow(/not for sst dev/);
});
