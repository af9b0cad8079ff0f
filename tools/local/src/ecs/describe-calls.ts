/** DescribeTaskDefinition and DescribeClusters: what `doctor` and deployment checks ask. */
import type { Ecs } from "./ecs-state.ts";
import { DescribeClustersRequest, DescribeTaskDefinitionRequest, parseRequest } from "./requests.ts";
import { clusterArn, definitionArn, lastPart } from "./task.ts";
import type { View } from "./task-view.ts";

export const describeTaskDefinition = async (ecs: Ecs, body: unknown): Promise<View> => {
  const definition = ecs.definitionOf(parseRequest(DescribeTaskDefinitionRequest, body).taskDefinition);
  const arn = definitionArn(definition);
  return {
    taskDefinition: {
      taskDefinitionArn: arn,
      family: definition.family,
      revision: definition.revision,
      status: definition.active ? "ACTIVE" : "INACTIVE",
      cpu: String(definition.cpu),
      memory: String(definition.memoryMib),
      networkMode: "awsvpc",
      requiresCompatibilities: ["FARGATE"],
      containerDefinitions: definition.containers.map((container) => ({
        name: container.name,
        image: `local/${container.name}`,
        command: container.command,
        essential: container.essential ?? true,
        environment: Object.entries(container.environment ?? {}).map(([name, value]) => ({ name, value })),
        secrets: Object.keys(container.secrets ?? {}).map((name) => ({ name, valueFrom: `${arn}/${name}` })),
        dependsOn: container.dependsOn ?? [],
        stopTimeout: (container.stopTimeoutMs ?? 30_000) / 1_000,
      })),
    },
    tags: [],
  };
};

export const describeClusters = async (ecs: Ecs, body: unknown): Promise<View> => {
  const { clusters } = parseRequest(DescribeClustersRequest, body);
  const tasks = ecs.tasks.all(ecs.cluster).map(({ task }) => task);
  const known = {
    clusterArn: clusterArn(ecs.cluster),
    clusterName: ecs.cluster,
    status: "ACTIVE",
    runningTasksCount: tasks.filter(({ lastStatus }) => lastStatus === "RUNNING").length,
    pendingTasksCount: tasks.filter(({ lastStatus }) => ["PROVISIONING", "PENDING"].includes(lastStatus))
      .length,
    capacityProviders: ["FARGATE", "FARGATE_SPOT"],
  };
  const isKnown = (name: string): boolean => lastPart(name) === ecs.cluster;
  return {
    clusters: clusters.some(isKnown) ? [known] : [],
    failures: clusters
      .filter((name) => !isKnown(name))
      .map((name) => ({ arn: clusterArn(lastPart(name)), reason: "MISSING" })),
  };
};
