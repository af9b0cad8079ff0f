/** What a stage costs, computed from its resource graph and the price table. */
import { CLOUD_METRICS } from "@leo/core/metric.ts";
import type { Graph, Resource } from "../graph/graph.ts";
import {
  FARGATE,
  FARGATE_STORAGE,
  HOURS_PER_MONTH,
  PRICES,
  QUIET_MONTH,
  SOURCES,
  type FargateRate,
} from "./prices.ts";

export interface CostLine {
  what: string;
  /** How the amount is calculated. */
  basis: string;
  monthlyUsd: number;
  source: string;
}

export interface TaskSize {
  vcpu: number;
  memoryGb: number;
  storageGib: number;
  architecture: "arm64" | "x86_64";
}

const count = (graph: Graph, type: string) =>
  graph.resources.filter((resource) => resource.type === `aws:${type}`).length;

const resources = (graph: Graph, type: string): Resource["inputs"][] =>
  graph.resources.filter((resource) => resource.type === `aws:${type}`).map(({ inputs }) => inputs);

/** Size of a task definition, by its logical name. Throws if the graph has none. */
export const taskSize = (graph: Graph, name: "OrchestratorTask" | "GeneratorTask"): TaskSize => {
  const task = graph.resources.find(
    (resource) => resource.type.endsWith("taskDefinition:TaskDefinition") && resource.name === name,
  );
  if (!task) throw new Error(`The graph has no ${name}; costs are for a deployed stage, not for sst dev.`);
  const { cpu, memory, ephemeralStorage, runtimePlatform } = task.inputs as {
    cpu: string;
    memory: string;
    ephemeralStorage?: { sizeInGib: number };
    runtimePlatform: { cpuArchitecture: string };
  };
  return {
    vcpu: Number(cpu) / 1024,
    memoryGb: Number(memory) / 1024,
    storageGib: ephemeralStorage?.sizeInGib ?? FARGATE_STORAGE.freeGib,
    architecture: runtimePlatform.cpuArchitecture === "ARM64" ? "arm64" : "x86_64",
  };
};

/** USD for a task of this size with a public address. */
export const taskUsd = (size: TaskSize, hours: number, rate: FargateRate): number => {
  const storage = Math.max(0, size.storageGib - FARGATE_STORAGE.freeGib) * FARGATE_STORAGE.gibHourUsd;
  const perHour = size.vcpu * rate.vcpuUsd + size.memoryGb * rate.gbUsd + storage + PRICES.publicIpv4HourUsd;
  return perHour * hours;
};

/** USD for a generation of this many minutes, on demand and on Spot (x86 rates). */
export const generationUsd = (graph: Graph, minutes: number) => {
  const size = taskSize(graph, "GeneratorTask");
  const hours = minutes / 60;
  return {
    onDemandUsd: taskUsd(size, hours, FARGATE[size.architecture]),
    spotUsd: taskUsd(size, hours, FARGATE.spot),
  };
};

const line = (what: string, basis: string, monthlyUsd: number, source: keyof typeof SOURCES): CostLine => ({
  what,
  basis,
  monthlyUsd,
  source: SOURCES[source],
});

const balancedZones = (graph: Graph) =>
  resources(graph, "lb/loadBalancer:LoadBalancer").reduce(
    (sum, { subnets }) => sum + (subnets as string[]).length,
    0,
  );

/** The extra that autoscaling may add. */
const upTo = (tasks: number, tasksMax: number, monthlyUsd: number) =>
  tasksMax > tasks ? `; up to ${tasksMax}, each $${monthlyUsd.toFixed(2)} a month more with its address` : "";

/** What runs while nobody builds anything. */
export const baselineLines = (graph: Graph): CostLine[] => {
  const size = taskSize(graph, "OrchestratorTask");
  const rate = FARGATE[size.architecture];
  const tasks = resources(graph, "ecs/service:Service").reduce(
    (sum, service) => sum + Number(service.desiredCount),
    0,
  );
  const tasksMax = resources(graph, "appautoscaling/target:Target").reduce(
    (sum, target) => sum + Number(target.maxCapacity),
    0,
  );
  const computeUsd = tasks * HOURS_PER_MONTH * (size.vcpu * rate.vcpuUsd + size.memoryGb * rate.gbUsd);
  const balancers = count(graph, "lb/loadBalancer:LoadBalancer");
  const addresses = balancedZones(graph) + tasks;
  const secrets = count(graph, "secretsmanager/secret:Secret");
  const zones = count(graph, "servicediscovery/privateDnsNamespace:PrivateDnsNamespace");
  const { loadBalancerUnits, logsGb, imagesGb, artifactsGb } = QUIET_MONTH;
  return [
    line(
      "Orchestrator on Fargate",
      `${tasks} × ${size.vcpu} vCPU, ${size.memoryGb} GB, ${size.architecture}${upTo(tasks, tasksMax, taskUsd(size, HOURS_PER_MONTH, rate))}`,
      computeUsd,
      "fargate",
    ),
    line(
      "Load balancer",
      `${balancers} × hours`,
      balancers * HOURS_PER_MONTH * PRICES.loadBalancerHourUsd,
      "loadBalancer",
    ),
    line(
      "Load balancer traffic",
      `${loadBalancerUnits} capacity units`,
      balancers * HOURS_PER_MONTH * loadBalancerUnits * PRICES.loadBalancerUnitHourUsd,
      "loadBalancer",
    ),
    line(
      "Public IPv4 addresses",
      `${addresses}: ${addresses - tasks} of the load balancer, ${tasks} of the orchestrator`,
      addresses * HOURS_PER_MONTH * PRICES.publicIpv4HourUsd,
      "publicIpv4",
    ),
    line("Secrets", `${secrets} × month`, secrets * PRICES.secretMonthUsd, "secretsManager"),
    line("Private DNS zone", `${zones} × month`, zones * PRICES.hostedZoneMonthUsd, "route53"),
    line("Logs", `${logsGb} GB ingested`, logsGb * PRICES.logsIngestedGbUsd, "cloudWatch"),
    line("Images", `${imagesGb} GB`, imagesGb * PRICES.ecrGbMonthUsd, "ecr"),
    line("Generated apps", `${artifactsGb} GB`, artifactsGb * PRICES.s3GbMonthUsd, "s3"),
  ];
};

/** The additional cost of monitoring; a new account's free tier covers the alarms. */
export const watchingLines = (graph: Graph): CostLine[] => {
  const alarmMetrics = resources(graph, "cloudwatch/metricAlarm:MetricAlarm")
    .flatMap(({ metricQueries }) => metricQueries as { metric?: object }[])
    .filter(({ metric }) => metric !== undefined).length;
  const insights = resources(graph, "ecs/cluster:Cluster").filter(({ settings }) =>
    (settings as { name: string; value: string }[]).some(
      ({ name, value }) => name === "containerInsights" && value !== "disabled",
    ),
  ).length;
  const insightMetrics = insights * QUIET_MONTH.containerInsightsMetrics;
  return [
    line("Alarms", `${alarmMetrics} metrics`, alarmMetrics * PRICES.alarmMetricMonthUsd, "cloudWatch"),
    line(
      "Leo's own metrics",
      `${CLOUD_METRICS.length} metrics`,
      CLOUD_METRICS.length * PRICES.customMetricMonthUsd,
      "cloudWatch",
    ),
    line(
      "Container Insights",
      `about ${insightMetrics} metrics`,
      insightMetrics * PRICES.customMetricMonthUsd,
      "cloudWatch",
    ),
  ];
};

export const totalUsd = (lines: CostLine[]): number =>
  lines.reduce((sum, { monthlyUsd }) => sum + monthlyUsd, 0);
