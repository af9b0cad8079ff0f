import { arn } from "./context.ts";

interface ExecutionRole {
  repositoryArn: $util.Input<string>;
  logGroup: string;
  secretArns: $util.Input<string>[];
}

/**
 * What ECS itself may do to start a task: pull its image, write its log, read its secrets.
 * SST's and AWS's own policies allow all repositories, logs, parameters and secrets of the account.
 */
export const executionPolicy = ({ repositoryArn, logGroup, secretArns }: ExecutionRole) =>
  aws.iam.getPolicyDocumentOutput({
    statements: [
      // AWS checks it against no resource.
      { sid: "Login", actions: ["ecr:GetAuthorizationToken"], resources: ["*"] },
      {
        sid: "Pull",
        actions: ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
        resources: [repositoryArn],
      },
      {
        sid: "Log",
        actions: ["logs:CreateLogStream", "logs:PutLogEvents"],
        resources: [arn("logs", `log-group:${logGroup}:*`)],
      },
      { sid: "Secrets", actions: ["secretsmanager:GetSecretValue"], resources: secretArns },
    ],
  }).json;

export const assumedByTasks = aws.iam.assumeRolePolicyForPrincipal({ Service: "ecs-tasks.amazonaws.com" });

/** A container's log options: a full buffer drops lines instead of blocking the process. */
export const NON_BLOCKING_LOG = { mode: "non-blocking", "max-buffer-size": "25m" };
