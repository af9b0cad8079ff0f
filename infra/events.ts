/** Notifies the orchestrator within seconds when generator tasks start and stop: EventBridge → SQS. */
import { arn, names } from "./context.ts";
import { clusterArn } from "./cluster.ts";

const FOUR_DAYS_SECONDS = 4 * 24 * 3600;

// SST's link would grant `sqs:*`.
sst.Linkable.wrap(sst.aws.Queue, (linked) => ({
  properties: { url: linked.url },
  include: [
    sst.aws.permission({ actions: ["sqs:ReceiveMessage", "sqs:DeleteMessage"], resources: [linked.arn] }),
  ],
}));

export const deadTaskEvents = new sst.aws.Queue("DeadTaskEvents", {
  transform: {
    queue: (args) => {
      args.name = names.deadTaskEvents;
      args.sqsManagedSseEnabled = true;
      args.messageRetentionSeconds = 14 * 24 * 3600;
    },
  },
});

export const taskEvents = new sst.aws.Queue("TaskEvents", {
  dlq: { queue: deadTaskEvents.arn, retry: 5 },
  transform: {
    queue: (args) => {
      args.name = names.taskEvents;
      args.sqsManagedSseEnabled = true;
      args.messageRetentionSeconds = FOUR_DAYS_SECONDS;
    },
  },
});

const rule = new aws.cloudwatch.EventRule("GeneratorTaskStateChange", {
  name: names.taskEvents,
  description: "Generator tasks that start or stop",
  eventPattern: $jsonStringify({
    source: ["aws.ecs"],
    "detail-type": ["ECS Task State Change"],
    detail: {
      clusterArn: [clusterArn],
      taskDefinitionArn: [{ prefix: arn("ecs", `task-definition/${names.generator}:`) }],
    },
  }),
});

const policy = new aws.sqs.QueuePolicy("TaskEventsPolicy", {
  queueUrl: taskEvents.url,
  policy: aws.iam.getPolicyDocumentOutput({
    statements: [
      {
        actions: ["sqs:SendMessage"],
        resources: [taskEvents.arn],
        principals: [{ type: "Service", identifiers: ["events.amazonaws.com"] }],
        conditions: [{ test: "ArnEquals", variable: "aws:SourceArn", values: [rule.arn] }],
      },
    ],
  }).json,
});

new aws.cloudwatch.EventTarget(
  "GeneratorTaskStateChangeToQueue",
  { rule: rule.name, arn: taskEvents.arn },
  { dependsOn: policy },
);
