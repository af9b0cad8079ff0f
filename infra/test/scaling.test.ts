/** How many orchestrators run, and what they need: in sums, and on the graph. */
import { describe, expect, test } from "vitest";
import { baselineLines } from "../../tools/plan/cost/cost.ts";
import { graphOf } from "../../tools/plan/graph/run-graph.ts";
import { committedDefaults } from "../../tools/environment/env-files.ts";
import { neededVcpus } from "../../tools/preflight/problems.ts";
import { deployPercent, neededConnections, Orchestrators, tasksDuringDeploy } from "../scaling.ts";
import { SETTING_NAMES } from "../settings.ts";
import { readStage } from "../stage.ts";
import { all, container, environmentOf, one } from "./support/find.ts";
import { allowForGraphs } from "./support/graphs.ts";

allowForGraphs();

const stageWith = (settings: Record<string, string>) =>
  readStage("prod", {
    ...Object.fromEntries(SETTING_NAMES.map((name) => [name, ""])),
    ...committedDefaults(),
    ...settings,
  });

test.for([
  ["1", { min: 1, max: 1, cpuPercent: 60 }],
  ["2", { min: 2, max: 2, cpuPercent: 60 }],
  ["2-4", { min: 2, max: 4, cpuPercent: 60 }],
  ["2-4@75", { min: 2, max: 4, cpuPercent: 75 }],
] as const)("LEO_ORCHESTRATORS=%s is read", ([text, scaling]) => {
  expect(Orchestrators.parse(text)).toEqual(scaling);
});

test("a deploy may always start one more, and no more than that at the minimum", () => {
  for (let min = 1; min <= 20; min += 1) {
    const scaling = { min, max: min, cpuPercent: 60 };
    expect(Math.floor((min * deployPercent(scaling)) / 100)).toBe(min + 1);
    expect(tasksDuringDeploy(scaling)).toBe(min + 1);
  }
  expect(tasksDuringDeploy({ min: 2, max: 4, cpuPercent: 60 })).toBe(6);
});

test("by default one orchestrator, and two, fit a session pooler of 15 while they are deployed", () => {
  const needOf = (LEO_ORCHESTRATORS: string) => {
    const { scaling, databaseConnections } = stageWith({ LEO_ORCHESTRATORS });
    return neededConnections(scaling, databaseConnections);
  };
  expect(needOf("1")).toEqual({ running: 5, duringDeploy: 10 });
  expect(needOf("2")).toEqual({ running: 10, duringDeploy: 15 });
});

test("the quota must hold the most orchestrators that run at once", () => {
  const wide = {
    LEO_DATABASE_POOLER_SIZE: "100",
    LEO_ORCHESTRATOR_VCPU: "2",
    LEO_ORCHESTRATOR_MEMORY_GB: "4",
  };
  expect(neededVcpus(stageWith({ LEO_ORCHESTRATORS: "2" }))).toBe(3 + 4);
  expect(neededVcpus(stageWith({ ...wide, LEO_ORCHESTRATORS: "2-4" }))).toBe(6 * 2 + 4);
});

describe("on the graph", () => {
  test("two orchestrators are two, and nothing scales them", async () => {
    const graph = await graphOf({ stage: "prod", settings: { LEO_ORCHESTRATORS: "2" }, vcpuQuota: 7 });
    const [service] = all(graph, "ecs/service:Service");
    expect(service?.inputs).toMatchObject({ desiredCount: 2, deploymentMaximumPercent: 150 });
    // The setting decides, also when it changes.
    expect(service?.options.ignoreChanges).not.toContain("desiredCount");
    expect(one(graph, "appautoscaling/target:Target")).toMatchObject({ minCapacity: 2, maxCapacity: 2 });
    expect(all(graph, "appautoscaling/policy:Policy")).toEqual([]);
    expect(environmentOf(container(graph, "OrchestratorTask", "leo-saas-app"))).toMatchObject({
      LEO_DATABASE_CONNECTIONS: "5",
    });
    expect(one(graph, "cloudwatch/metricAlarm:MetricAlarm", "MissingOrchestrators")).toMatchObject({
      threshold: 2,
      comparisonOperator: "LessThanThreshold",
      treatMissingData: "breaching",
    });
    const [compute] = baselineLines(graph);
    expect(compute?.basis).toBe("2 × 1 vCPU, 2 GB, arm64");
    expect(compute?.monthlyUsd).toBeCloseTo(2 * 730 * (0.03238 + 2 * 0.00356), 6);
  });

  test("a range is scaled by CPU alone, and costs what its minimum costs and at most its maximum", async () => {
    const settings = {
      LEO_ORCHESTRATORS: "2-4@75",
      LEO_DATABASE_CONNECTIONS: "4",
      LEO_DATABASE_POOLER_SIZE: "24",
    };
    const graph = await graphOf({ stage: "prod", settings, vcpuQuota: 10 });
    expect(one(graph, "ecs/service:Service")).toMatchObject({
      desiredCount: 2,
      deploymentMaximumPercent: 150,
    });
    expect(one(graph, "appautoscaling/target:Target")).toMatchObject({ minCapacity: 2, maxCapacity: 4 });
    expect(all(graph, "appautoscaling/policy:Policy").map(({ inputs }) => inputs)).toMatchObject([
      {
        policyType: "TargetTrackingScaling",
        targetTrackingScalingPolicyConfiguration: {
          predefinedMetricSpecification: { predefinedMetricType: "ECSServiceAverageCPUUtilization" },
          targetValue: 75,
        },
      },
    ]);
    const [compute] = baselineLines(graph);
    expect(compute?.basis).toBe(
      "2 × 1 vCPU, 2 GB, arm64; up to 4, each $32.48 a month more with its address",
    );
  });
});
