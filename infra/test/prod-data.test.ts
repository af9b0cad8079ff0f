/** Data, events and watching of prod on plain HTTP. */
import { attemptPrefix, siteCopyPrefix } from "@leo/core/artifact.ts";
import { newId } from "@leo/core/id.ts";
import { beforeAll, describe, expect, test } from "vitest";
import { CLOUD_METRICS, CLOUD_NAMESPACE } from "@leo/core/metric.ts";
import type { Graph } from "../../tools/plan/graph/graph.ts";
import { graphOf } from "../../tools/plan/graph/run-graph.ts";
import { SECRET_NAMES, SECRETS } from "../secret-list.ts";
import { clearTextPaths } from "./support/clear-text.ts";
import { allowForGraphs } from "./support/graphs.ts";
import { all, container, containersOf, environmentOf, one } from "./support/find.ts";

interface OwnMetric {
  namespace: string;
  metricName: string;
  dimensions: Record<string, string>;
}

allowForGraphs();
let graph: Graph;
beforeAll(async () => {
  graph = await graphOf({ stage: "prod", settings: { LEO_ALARM_EMAIL: "ops@example.com" } });
});

describe("bucket", () => {
  test("named after the account, kept when the stage is removed, closed to the public, encrypted, TLS only", () => {
    expect(one(graph, "s3/bucketV2:BucketV2")).toMatchObject({
      bucket: "leo-saas-generated-apps-111122223333",
      forceDestroy: false,
    });
    const [made] = all(graph, "s3/bucketV2:BucketV2");
    expect(made?.options.retainOnDelete).toBe(true);
    expect(one(graph, "s3/bucketPublicAccessBlock:BucketPublicAccessBlock")).toMatchObject({
      blockPublicAcls: true,
      blockPublicPolicy: true,
      ignorePublicAcls: true,
      restrictPublicBuckets: true,
    });
    expect(
      one(graph, "s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2")
        .rules,
    ).toEqual([{ applyServerSideEncryptionByDefault: { sseAlgorithm: "AES256" } }]);
    const { Statement } = JSON.parse(one(graph, "s3/bucketPolicy:BucketPolicy").policy as string) as {
      Statement: object[];
    };
    expect(Statement).toEqual([
      expect.objectContaining({
        Effect: "Deny",
        Condition: { Bool: { "aws:SecureTransport": "false" } },
      }) as object,
    ]);
    expect(all(graph, "s3/bucketCorsConfigurationV2:BucketCorsConfigurationV2")).toEqual([]);
  });

  test("objects of runs expire after 30 days, files of published sites never, unfinished uploads after one", () => {
    const { rules } = one(graph, "s3/bucketLifecycleConfigurationV2:BucketLifecycleConfigurationV2") as {
      rules: { filter: { prefix: string }; expiration?: object }[];
    };
    expect(rules).toEqual([
      {
        id: "expire",
        status: "Enabled",
        filter: { prefix: "apps/" },
        expiration: { days: 30 },
      },
      {
        id: "abort-uploads",
        status: "Enabled",
        filter: { prefix: "" },
        abortIncompleteMultipartUpload: { daysAfterInitiation: 1 },
      },
    ]);
    const key = siteCopyPrefix(newId(), newId(), newId());
    const expiring = rules.filter(({ filter, expiration }) => expiration && key.startsWith(filter.prefix));
    expect(expiring).toEqual([]);
    expect(rules.some(({ filter }) => attemptPrefix(newId(), newId(), 1).startsWith(filter.prefix))).toBe(
      true,
    );
  });
});

describe("secrets", () => {
  test("each of the seven is copied to Secrets Manager under its name", () => {
    const names = all(graph, "secretsmanager/secret:Secret").map(({ inputs }) => inputs.name);
    expect(names).toEqual(SECRET_NAMES.map((name) => `leo-saas/${SECRETS[name].name}`));
    for (const { inputs } of all(graph, "secretsmanager/secretVersion:SecretVersion")) {
      expect(inputs.secretString).toEqual({ secret: expect.stringContaining("CLEAR-TEXT-") as string });
    }
  });

  test("the orchestrator gets the current value of what it reads, and nothing that nobody reads", () => {
    const injected = container(graph, "OrchestratorTask", "leo-saas-app").secrets ?? [];
    expect(injected.map(({ name }) => name)).toEqual([
      "SUPABASE_URL",
      "SUPABASE_ANON_KEY",
      "DATABASE_URL",
      "GITHUB_BOT_TOKEN",
    ]);
    // No version after the name: an older revision does not bring an older secret back.
    for (const { valueFrom } of injected) {
      expect(valueFrom).toMatch(
        /^arn:aws:secretsmanager:us-east-1:111122223333:secret:leo-saas\/[a-z-]+-AbCdEf$/,
      );
    }
  });

  test("a secret of the seven can be restored for 30 days", () => {
    for (const { inputs } of all(graph, "secretsmanager/secret:Secret"))
      expect(inputs.recoveryWindowInDays).toBe(30);
  });

  test("none is in clear text anywhere in the graph", () => {
    expect(clearTextPaths(graph, "CLEAR-TEXT-")).toEqual([]);
    expect(JSON.stringify(all(graph, "ecs/taskDefinition:TaskDefinition"))).not.toContain("CLEAR-TEXT-");
  });
});

describe("events", () => {
  test("state changes of the generator family go to an encrypted queue with a dead-letter queue", () => {
    const { eventPattern } = one(graph, "cloudwatch/eventRule:EventRule", "GeneratorTaskStateChange");
    expect(JSON.parse(eventPattern as string)).toEqual({
      source: ["aws.ecs"],
      "detail-type": ["ECS Task State Change"],
      detail: {
        clusterArn: ["arn:aws:ecs:us-east-1:111122223333:cluster/leo-saas"],
        taskDefinitionArn: [{ prefix: "arn:aws:ecs:us-east-1:111122223333:task-definition/leo:" }],
      },
    });
    const queue = one(graph, "sqs/queue:Queue", "TaskEventsQueue");
    expect(queue).toMatchObject({
      name: "leo-saas-task-events",
      sqsManagedSseEnabled: true,
      messageRetentionSeconds: 345_600,
    });
    expect(JSON.parse(queue.redrivePolicy as string)).toMatchObject({
      deadLetterTargetArn: "arn:aws:sqs:us-east-1:111122223333:leo-saas-dead-task-events",
    });
    expect(one(graph, "cloudwatch/eventTarget:EventTarget", "GeneratorTaskStateChangeToQueue").arn).toBe(
      "arn:aws:sqs:us-east-1:111122223333:leo-saas-task-events",
    );
  });

  test("only that rule may write into the queue", () => {
    const { Statement } = JSON.parse(one(graph, "sqs/queuePolicy:QueuePolicy").policy as string) as {
      Statement: object[];
    };
    expect(Statement).toEqual([
      {
        Effect: "Allow",
        Principal: { Service: "events.amazonaws.com" },
        Action: "sqs:SendMessage",
        Resource: "arn:aws:sqs:us-east-1:111122223333:leo-saas-task-events",
        Condition: {
          ArnEquals: { "aws:SourceArn": "arn:aws:events:us-east-1:111122223333:rule/leo-saas-task-events" },
        },
      },
    ]);
  });
});

describe("watching", () => {
  test("logs are kept a week and never block a container", () => {
    for (const { inputs } of all(graph, "cloudwatch/logGroup:LogGroup"))
      expect(inputs.retentionInDays).toBe(7);
    expect(graph.outputs.logGroups).toEqual(["/ecs/leo-saas-app", "/ecs/leo", "/aws/lambda/leo-saas-reaper"]);
    const containers = [...containersOf(graph, "GeneratorTask"), ...containersOf(graph, "OrchestratorTask")];
    expect(containers.map(({ logConfiguration }) => logConfiguration?.options["awslogs-group"])).toEqual([
      "/ecs/leo",
      "/ecs/leo",
      "/ecs/leo-saas-app",
    ]);
    for (const { logConfiguration } of containers)
      expect(logConfiguration?.options.mode).toBe("non-blocking");
  });

  test("the reaper runs every five minutes on this cluster and family", () => {
    expect(one(graph, "cloudwatch/eventRule:EventRule", "ReaperRule").scheduleExpression).toBe(
      "rate(5 minutes)",
    );
    expect(one(graph, "lambda/function:Function")).toMatchObject({
      name: "leo-saas-reaper",
      environment: { variables: { LEO_CLUSTER: "leo-saas", LEO_GENERATOR_FAMILY: "leo" } },
    });
  });

  test("alarms tell the topic, and the topic tells the e-mail address", () => {
    const alarms = all(graph, "cloudwatch/metricAlarm:MetricAlarm");
    expect(alarms.map(({ name }) => name).toSorted()).toEqual([
      "BucketBytes",
      "BucketStorage",
      "CommitLatency",
      "DeadTaskEvents",
      "LaunchFailures",
      "LaunchRefused",
      "ModelPaused",
      "NoHealthyHost",
      "OrchestratorCpu",
      "OrchestratorMemory",
      "Orphans",
      "PlatformFailures",
      "QueueAge",
      "ServerErrors",
      "Spend",
      "StrayObjects",
      "UnhealthyHosts",
      "VcpuQuota",
    ]);
    for (const { inputs } of alarms) {
      expect(inputs.alarmActions).toEqual(["arn:aws:sns:us-east-1:111122223333:leo-saas-notices"]);
      expect(inputs.name).toMatch(/^leo-saas-[a-z-]+$/);
    }
    expect(one(graph, "sns/topicSubscription:TopicSubscription")).toMatchObject({
      protocol: "email",
      endpoint: "ops@example.com",
    });
  });

  test.for([
    ["OrchestratorCpu", "AWS/ECS", "CPUUtilization", 80],
    ["OrchestratorMemory", "AWS/ECS", "MemoryUtilization", 80],
    ["UnhealthyHosts", "AWS/ApplicationELB", "UnHealthyHostCount", 0],
    ["ServerErrors", "AWS/ApplicationELB", "HTTPCode_ELB_5XX_Count", 10],
    ["DeadTaskEvents", "AWS/SQS", "ApproximateNumberOfMessagesVisible", 0],
    ["CommitLatency", "Leo", "leo_commit_seconds", 0.5],
    ["Spend", "Leo", "leo_spend_today_usd", 400],
    ["BucketBytes", "Leo", "leo_bucket_bytes", 100e9],
    ["BucketStorage", "AWS/S3", "BucketSizeBytes", 100e9],
    ["ModelPaused", "Leo", "leo_model_paused", 0],
    ["VcpuQuota", "AWS/Usage", "ResourceCount", 80],
  ] as const)("%s looks at %s %s over %d", ([name, namespace, metricName, threshold]) => {
    const alarm = one(graph, "cloudwatch/metricAlarm:MetricAlarm", name);
    expect(alarm).toMatchObject({ threshold, comparisonOperator: "GreaterThanThreshold" });
    const [query] = alarm.metricQueries as { metric: { namespace: string; metricName: string } }[];
    expect(query?.metric).toMatchObject({ namespace, metricName });
  });

  test("what alarms look at in Leo's own namespace is written by the orchestrator under the same names", () => {
    const own = all(graph, "cloudwatch/metricAlarm:MetricAlarm")
      .flatMap(({ inputs }) => inputs.metricQueries as { metric?: OwnMetric }[])
      .flatMap(({ metric }) => (metric?.namespace === CLOUD_NAMESPACE ? [metric] : []));
    expect(own.map(({ metricName }) => metricName).toSorted()).toEqual([
      "leo_bucket_bytes",
      "leo_commit_seconds",
      "leo_launch_failures_total",
      "leo_launch_failures_total",
      "leo_model_paused",
      "leo_objects_removed_total",
      "leo_orphans_found_total",
      "leo_platform_failures_last_hour",
      "leo_queue_age_seconds",
      "leo_spend_today_usd",
    ]);
    const names = new Set<string>(CLOUD_METRICS);
    expect(own.filter(({ metricName }) => !names.has(metricName))).toEqual([]);
    const environment = environmentOf(container(graph, "OrchestratorTask", "leo-saas-app"));
    for (const { dimensions } of own) expect(dimensions["app"]).toBe(environment["LEO_CLOUD_METRICS_APP"]);
  });

  test("one dashboard shows every metric that an alarm looks at", () => {
    const body = one(graph, "cloudwatch/dashboard:Dashboard").dashboardBody as string;
    const watched = all(graph, "cloudwatch/metricAlarm:MetricAlarm")
      .flatMap(({ inputs }) => inputs.metricQueries as { metric?: { metricName: string } }[])
      .flatMap(({ metric }) => metric?.metricName ?? []);
    expect(watched.filter((name) => !body.includes(name))).toEqual([]);
    expect(watched.length).toBeGreaterThan(8);
  });

  test("the budget tells at 50, 80 and 100 %", () => {
    const budget = one(graph, "budgets/budget:Budget");
    expect(budget).toMatchObject({ limitAmount: "150", limitUnit: "USD", timeUnit: "MONTHLY" });
    expect((budget.notifications as { threshold: number }[]).map(({ threshold }) => threshold)).toEqual([
      50, 80, 100,
    ]);
  });
});

test("the outputs are those that scripts and people look for", () => {
  expect(
    Object.keys(graph.outputs)
      .filter((name) => !name.startsWith("_"))
      .toSorted(),
  ).toEqual([
    "bucket",
    "cluster",
    "generatorRepository",
    "generatorTaskDefinition",
    "logGroups",
    "orchestratorRepository",
    "url",
  ]);
});
