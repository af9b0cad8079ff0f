import { z } from "zod";
import { invalidParameter } from "./ecs-error.ts";

const Pair = z.object({ name: z.string(), value: z.string() });
const Tag = z.object({ key: z.string(), value: z.string().default("") });

const ContainerOverride = z.looseObject({
  name: z.string(),
  command: z.array(z.string()).optional(),
  environment: z.array(Pair).optional(),
  cpu: z.int().optional(),
  memory: z.int().optional(),
});

export const Overrides = z.looseObject({
  cpu: z.string().optional(),
  memory: z.string().optional(),
  containerOverrides: z.array(ContainerOverride).optional(),
});
export type Overrides = z.infer<typeof Overrides>;

const CapacityProvider = z.object({
  capacityProvider: z.string(),
  weight: z.int().min(0).default(0),
  base: z.int().min(0).default(0),
});
export type CapacityProvider = z.infer<typeof CapacityProvider>;

export const RunTaskRequest = z.looseObject({
  cluster: z.string().default("default"),
  taskDefinition: z.string(),
  count: z.int().default(1),
  launchType: z.enum(["EC2", "FARGATE", "EXTERNAL"]).optional(),
  capacityProviderStrategy: z.array(CapacityProvider).optional(),
  networkConfiguration: z
    .object({
      awsvpcConfiguration: z.object({
        subnets: z.array(z.string()),
        securityGroups: z.array(z.string()).optional(),
        assignPublicIp: z.enum(["ENABLED", "DISABLED"]).optional(),
      }),
    })
    .optional(),
  overrides: Overrides.default({}),
  startedBy: z.string().optional(),
  clientToken: z.string().optional(),
  group: z.string().optional(),
  tags: z.array(Tag).default([]),
});
export type RunTaskRequest = z.infer<typeof RunTaskRequest>;

export const StopTaskRequest = z.looseObject({
  cluster: z.string().default("default"),
  task: z.string(),
  reason: z.string().optional(),
});

export const DescribeTasksRequest = z.looseObject({
  cluster: z.string().default("default"),
  tasks: z.array(z.string()),
  include: z.array(z.string()).default([]),
});

export const ListTasksRequest = z.looseObject({
  cluster: z.string().default("default"),
  family: z.string().optional(),
  startedBy: z.string().optional(),
  serviceName: z.string().optional(),
  containerInstance: z.string().optional(),
  launchType: z.string().optional(),
  desiredStatus: z.enum(["RUNNING", "PENDING", "STOPPED"]).optional(),
  maxResults: z.int().min(1).max(100).default(100),
  nextToken: z.string().optional(),
});

export const DescribeTaskDefinitionRequest = z.looseObject({ taskDefinition: z.string() });

export const DescribeClustersRequest = z.looseObject({ clusters: z.array(z.string()).default(["default"]) });

/** Parses an API call's input; what does not fit is ECS's InvalidParameterException. */
export const parseRequest = <S extends z.ZodType>(schema: S, body: unknown): z.infer<S> => {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw invalidParameter(`${issue?.path.join(".") ?? "request"}: ${issue?.message ?? "is invalid"}`);
};
