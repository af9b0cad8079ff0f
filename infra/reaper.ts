/** Stops generator tasks past their deadline, even if every orchestrator is dead. */
import { arn, names, stage } from "./context.ts";
import { clusterArn } from "./cluster.ts";

const logs = new aws.cloudwatch.LogGroup("ReaperLogs", { name: names.reaperLogs, retentionInDays: 7 });

const policy = aws.iam.getPolicyDocumentOutput({
  statements: [
    {
      sid: "Find",
      actions: ["ecs:ListTasks"],
      resources: ["*"],
      conditions: [{ test: "ArnEquals", variable: "ecs:cluster", values: [clusterArn] }],
    },
    {
      sid: "Stop",
      actions: ["ecs:DescribeTasks", "ecs:StopTask"],
      resources: [arn("ecs", `task/${names.app}/*`)],
    },
    {
      sid: "Log",
      actions: ["logs:CreateLogStream", "logs:PutLogEvents"],
      resources: [$interpolate`${logs.arn}:*`],
    },
  ],
}).json;

export const reaper = new sst.aws.Cron("Reaper", {
  schedule: "rate(5 minutes)",
  function: {
    name: names.reaper,
    handler: "packages/functions/src/reaper.handler",
    runtime: "nodejs22.x",
    architecture: stage.architecture,
    memory: "256 MB",
    timeout: "5 minutes",
    logging: { logGroup: logs.name, format: "json" },
    environment: { LEO_CLUSTER: names.app, LEO_GENERATOR_FAMILY: names.generator },
    transform: {
      role: (args) => {
        // By default SST lets anyone in the account assume the role, and lets it write every log.
        args.assumeRolePolicy = aws.iam.assumeRolePolicyForPrincipal({ Service: "lambda.amazonaws.com" });
        args.managedPolicyArns = [];
        args.inlinePolicies = [{ name: "inline", policy }];
        return undefined;
      },
    },
  },
});
