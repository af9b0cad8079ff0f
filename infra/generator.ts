/** The generator's task definition: no service runs it, the orchestrator does, once per attempt. */
import { adopting } from "./adopt.ts";
import { names, stage } from "./context.ts";
import { NON_BLOCKING_LOG } from "./execution-role.ts";
import { generatorExecutionRole, generatorTaskRole } from "./generator-roles.ts";
import { imageReference } from "./image.ts";
import { generatorImage } from "./images.ts";
import { ALL_SECRETS } from "./secret-list.ts";
import { modelSecret } from "./secrets.ts";

const GATEWAY_PORT = 8080;

new aws.cloudwatch.LogGroup(
  "GeneratorLogs",
  { name: names.generatorLogs, retentionInDays: 7 },
  adopting(names.generatorLogs),
);

/** What both containers share. The longest stop Fargate allows lets the agent upload what it has. */
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

const containers = (image: string, modelCredential: string) => [
  {
    ...container("leo", image),
    // Stopped before the gateway, so that the agent's last call still finds it.
    dependsOn: [{ containerName: "gateway", condition: "START" }],
    environment: [
      { name: "AWS_REGION", value: stage.region },
      { name: "ANTHROPIC_BASE_URL", value: `http://127.0.0.1:${GATEWAY_PORT}` },
      ...(stage.generator.model ? [{ name: "LEO_MODEL", value: stage.generator.model }] : []),
    ],
  },
  {
    ...container("gateway", image),
    command: ["node", "packages/generator/dist/gateway.js"],
    readonlyRootFilesystem: true,
    environment: [{ name: "GATEWAY_PORT", value: String(GATEWAY_PORT) }],
    secrets: [{ name: ALL_SECRETS[modelSecret.component].variable, valueFrom: modelCredential }],
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
  memory: String(stage.generator.memoryGb * 1024),
  ephemeralStorage: { sizeInGib: stage.generator.storageGib },
  runtimePlatform: { operatingSystemFamily: "LINUX", cpuArchitecture: stage.architecture.toUpperCase() },
  taskRoleArn: generatorTaskRole.arn,
  executionRoleArn: generatorExecutionRole.arn,
  containerDefinitions: $resolve({
    image: imageReference(generatorImage),
    modelCredential: modelSecret.arn,
  }).apply(({ image, modelCredential }) => JSON.stringify(containers(image, modelCredential))),
});
