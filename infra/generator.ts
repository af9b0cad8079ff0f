/** The generator's task definition. No service runs it; the orchestrator does, once per attempt. */
import {
  DRIVER_CONTAINER,
  DRIVER_MEMORY_MIB,
  SANDBOX_CONTAINER,
  sandboxMemoryMib,
} from "@leo/core/task-containers.ts";
import { adopting } from "./adopt.ts";
import { names, stage } from "./context.ts";
import { NON_BLOCKING_LOG } from "./execution-role.ts";
import { generatorExecutionRole, generatorTaskRole } from "./generator-roles.ts";
import { imageReference } from "./image.ts";
import { generatorImage } from "./images.ts";
import { ALL_SECRETS } from "./secret-list.ts";
import { modelSecret } from "./secrets.ts";

const TASK_MEMORY_MIB = stage.generator.memoryGb * 1024;

new aws.cloudwatch.LogGroup(
  "GeneratorLogs",
  { name: names.generatorLogs, retentionInDays: 7 },
  adopting(names.generatorLogs),
);

/** Settings of both containers. The longest stop timeout Fargate allows lets the driver store its work. */
const container = (name: string, image: string) => ({
  name,
  image,
  essential: true,
  user: "node",
  stopTimeout: 120,
  linuxParameters: { initProcessEnabled: true, capabilities: { drop: ["ALL"] } },
  logConfiguration: {
    logDriver: "awslogs",
    options: {
      "awslogs-group": names.generatorLogs,
      "awslogs-region": stage.region,
      "awslogs-stream-prefix": name,
      ...NON_BLOCKING_LOG,
    },
  },
});

const variables = (values: Record<string, string | undefined>) =>
  Object.entries(values).flatMap(([name, value]) => (value ? [{ name, value }] : []));

/** Settings that both need: the sandbox starts the agent before the driver asks for it. */
const shared = variables({ LEO_MODEL: stage.generator.model, ...stage.network });

/**
 * The trust boundary. RunTask passes the attempt's token to the driver; nothing secret reaches the sandbox. The
 * sandbox has its own memory limit, so an agent that uses all of it ends only the sandbox.
 */
const containers = (image: string, modelCredential: string) => [
  {
    ...container(DRIVER_CONTAINER, image),
    memory: DRIVER_MEMORY_MIB,
    readonlyRootFilesystem: true,
    // Stopped before the sandbox, so that it can still store the work.
    dependsOn: [{ containerName: SANDBOX_CONTAINER, condition: "START" }],
    environment: [
      ...variables({ AWS_REGION: stage.region, LEO_UPSTREAM_URL: stage.generator.modelBaseUrl }),
      ...shared,
    ],
    secrets: [{ name: ALL_SECRETS[modelSecret.component].variable, valueFrom: modelCredential }],
  },
  {
    ...container(SANDBOX_CONTAINER, image),
    memory: sandboxMemoryMib(TASK_MEMORY_MIB),
    command: ["node", "packages/generator/dist/sandbox.js"],
    environment: shared,
  },
];

export const generatorTaskDefinition = new aws.ecs.TaskDefinition("GeneratorTask", {
  family: names.generator,
  // An old orchestrator that drains during a deploy may still start the old revision.
  skipDestroy: true,
  trackLatest: true,
  requiresCompatibilities: ["FARGATE"],
  networkMode: "awsvpc",
  cpu: String(stage.generator.vcpu * 1024),
  memory: String(TASK_MEMORY_MIB),
  ephemeralStorage: { sizeInGib: stage.generator.storageGib },
  runtimePlatform: { operatingSystemFamily: "LINUX", cpuArchitecture: stage.architecture.toUpperCase() },
  taskRoleArn: generatorTaskRole.arn,
  executionRoleArn: generatorExecutionRole.arn,
  containerDefinitions: $resolve({
    image: imageReference(generatorImage),
    modelCredential: modelSecret.arn,
  }).apply(({ image, modelCredential }) => JSON.stringify(containers(image, modelCredential))),
});
