/** The metrics behind the alarms and the dashboard. */
import { CLOUD_NAMESPACE, type CloudMetricName, type LaunchFailureReason } from "@leo/core/metric.ts";
import { names } from "./context.ts";
import { deadTaskEvents, taskEvents } from "./events.ts";
import { orchestrator } from "./orchestrator.ts";
import { bucket } from "./storage.ts";

type Text = $util.Input<string>;
export interface Metric {
  namespace: string;
  metricName: string;
  dimensions: Record<string, Text>;
  stat: "Average" | "Maximum" | "Minimum" | "Sum";
}

const service = orchestrator.nodes.service;
const balancer = { LoadBalancer: orchestrator.nodes.loadBalancer.arnSuffix };
/** `arn:…:targetgroup/NAME/ID` → `targetgroup/NAME/ID` */
const target = {
  ...balancer,
  TargetGroup: service.loadBalancers.apply((all) => all?.[0]?.targetGroupArn?.split(":").at(-1) ?? ""),
};
const ofService = { ClusterName: names.app, ServiceName: service.name };
const queueName = (queue: sst.aws.Queue) => ({ QueueName: queue.nodes.queue.name });

const metric = (
  namespace: string,
  metricName: string,
  dimensions: Record<string, Text>,
  stat: Metric["stat"],
): Metric => ({ namespace, metricName, dimensions, stat });

/** A metric that the orchestrator writes to its log, by its name there. */
const leo = (name: CloudMetricName, stat: Metric["stat"], labels: { reason?: LaunchFailureReason } = {}) =>
  metric(CLOUD_NAMESPACE, name, { app: names.app, ...labels }, stat);

export const METRICS = {
  balancer5xx: metric("AWS/ApplicationELB", "HTTPCode_ELB_5XX_Count", balancer, "Sum"),
  target5xx: metric("AWS/ApplicationELB", "HTTPCode_Target_5XX_Count", target, "Sum"),
  requests: metric("AWS/ApplicationELB", "RequestCount", balancer, "Sum"),
  unhealthyHosts: metric("AWS/ApplicationELB", "UnHealthyHostCount", target, "Maximum"),
  healthyHosts: metric("AWS/ApplicationELB", "HealthyHostCount", target, "Minimum"),
  cpu: metric("AWS/ECS", "CPUUtilization", ofService, "Average"),
  memory: metric("AWS/ECS", "MemoryUtilization", ofService, "Average"),
  generators: metric("ECS/ContainerInsights", "RunningTaskCount", { ClusterName: names.app }, "Average"),
  queuedEvents: metric("AWS/SQS", "ApproximateNumberOfMessagesVisible", queueName(taskEvents), "Maximum"),
  deadEvents: metric("AWS/SQS", "ApproximateNumberOfMessagesVisible", queueName(deadTaskEvents), "Maximum"),
  launchesRefused: leo("leo_launch_failures_total", "Sum", { reason: "fatal" }),
  launchFailures: leo("leo_launch_failures_total", "Sum"),
  queueDepth: leo("leo_queue_depth", "Maximum"),
  queueAge: leo("leo_queue_age_seconds", "Maximum"),
  running: leo("leo_running", "Maximum"),
  platformFailures: leo("leo_platform_failures_last_hour", "Maximum"),
  modelPaused: leo("leo_model_paused", "Maximum"),
  bucketBytes: leo("leo_bucket_bytes", "Maximum"),
  objectsRemoved: leo("leo_objects_removed_total", "Sum"),
  /** Once a day, including unfinished multipart uploads. */
  bucketStorage: metric(
    "AWS/S3",
    "BucketSizeBytes",
    { BucketName: bucket.name, StorageType: "StandardStorage" },
    "Maximum",
  ),
  orphans: leo("leo_orphans_found_total", "Sum"),
  committed: leo("leo_events_total", "Sum"),
  commitSeconds: leo("leo_commit_seconds", "Maximum"),
  spendToday: leo("leo_spend_today_usd", "Maximum"),
  vcpusInUse: leo("leo_vcpus_in_use", "Maximum"),
  vcpus: metric(
    "AWS/Usage",
    "ResourceCount",
    { Service: "Fargate", Type: "Resource", Resource: "vCPU", Class: "Standard/OnDemand" },
    "Maximum",
  ),
} satisfies Record<string, Metric>;
