/** What linking the generator grants the orchestrator: running and stopping its tasks, nothing more. */
import { arn, names } from "./context.ts";
import { clusterArn } from "./cluster.ts";
import { generatorTaskDefinition } from "./generator.ts";
import { generatorExecutionRole, generatorTaskRole } from "./generator-roles.ts";

const inOurCluster = [{ test: "ArnEquals", variable: "ecs:cluster", values: [clusterArn] }];
const tasks = arn("ecs", `task/${names.app}/*`);

export const generator = new sst.Linkable("Generator", {
  properties: { family: generatorTaskDefinition.family },
  include: [
    sst.aws.permission({
      actions: ["ecs:RunTask"],
      resources: [arn("ecs", `task-definition/${names.generator}:*`)],
      conditions: inOurCluster,
    }),
    sst.aws.permission({ actions: ["ecs:StopTask", "ecs:DescribeTasks"], resources: [tasks] }),
    // AWS checks ListTasks against no task: the cluster is a condition.
    sst.aws.permission({ actions: ["ecs:ListTasks"], resources: ["*"], conditions: inOurCluster }),
    sst.aws.permission({
      actions: ["ecs:TagResource"],
      resources: [tasks],
      conditions: [{ test: "StringEquals", variable: "ecs:CreateAction", values: ["RunTask"] }],
    }),
    sst.aws.permission({
      actions: ["iam:PassRole"],
      resources: [generatorTaskRole.arn, generatorExecutionRole.arn],
      conditions: [
        { test: "StringEquals", variable: "iam:PassedToService", values: ["ecs-tasks.amazonaws.com"] },
      ],
    }),
  ],
});
