import { alarm } from "./alarm.ts";
import { stage } from "./context.ts";
import { METRICS } from "./metrics.ts";

alarm("ServerErrors", {
  description: "The load balancer or the orchestrator answered with 5xx more than 10 times in 5 minutes.",
  metrics: { balancer: METRICS.balancer5xx, target: METRICS.target5xx },
  expression: "FILL(balancer, 0) + FILL(target, 0)",
  comparison: "GreaterThanThreshold",
  threshold: 10,
});
alarm("UnhealthyHosts", {
  description: "An orchestrator fails its health check for 10 minutes. See its log, and the database.",
  metrics: { hosts: METRICS.unhealthyHosts },
  comparison: "GreaterThanThreshold",
  threshold: 0,
  periods: 2,
});
alarm("NoHealthyHost", {
  description: "No orchestrator answers. See the service's events.",
  metrics: { hosts: METRICS.healthyHosts },
  comparison: "LessThanThreshold",
  threshold: 1,
  dataExpected: true,
});
if (stage.scaling.min > 1) {
  alarm("MissingOrchestrators", {
    description: `Fewer than ${stage.scaling.min} orchestrators answer for 10 minutes. See the service's events.`,
    metrics: { hosts: METRICS.healthyHosts },
    comparison: "LessThanThreshold",
    threshold: stage.scaling.min,
    periods: 2,
    dataExpected: true,
  });
}
alarm("OrchestratorCpu", {
  description:
    "The orchestrators' CPU is over 80 % for 15 minutes. Raise LEO_ORCHESTRATORS or LEO_ORCHESTRATOR_VCPU.",
  metrics: { cpu: METRICS.cpu },
  comparison: "GreaterThanThreshold",
  threshold: 80,
  periods: 3,
});
alarm("OrchestratorMemory", {
  description: "The orchestrator's memory is over 80 % for 15 minutes. Raise LEO_ORCHESTRATOR_MEMORY_GB.",
  metrics: { memory: METRICS.memory },
  comparison: "GreaterThanThreshold",
  threshold: 80,
  periods: 3,
});
alarm("DeadTaskEvents", {
  description: "Task events failed five times and are in the dead-letter queue.",
  metrics: { depth: METRICS.deadEvents },
  comparison: "GreaterThanThreshold",
  threshold: 0,
});
alarm("LaunchRefused", {
  description:
    "ECS rejected RunTask for a generator: a role, an image or a subnet is wrong. See the log's launch_refused.",
  metrics: { launches: METRICS.launchesRefused },
  comparison: "GreaterThanThreshold",
  threshold: 0,
});
alarm("LaunchFailures", {
  description: "Generators find no capacity or ECS fails. See the log's launch_retry.",
  metrics: { launches: METRICS.launchFailures },
  comparison: "GreaterThanThreshold",
  threshold: 5,
});
alarm("QueueAge", {
  description: "A request has waited over 15 minutes. Raise LEO_VCPU_BUDGET, or find out why runs don't end.",
  metrics: { age: METRICS.queueAge },
  comparison: "GreaterThanThreshold",
  threshold: 900,
  periods: 2,
});
alarm("PlatformFailures", {
  description: "Over 5 generations failed within an hour because of the platform. See docs/lifecycle.md.",
  metrics: { failures: METRICS.platformFailures },
  comparison: "GreaterThanThreshold",
  threshold: 5,
});
alarm("ModelPaused", {
  description:
    "Nothing starts: Claude rejects the credential, its account has no credit, or LEO_MODEL does not exist. See /admin.",
  metrics: { paused: METRICS.modelPaused },
  comparison: "GreaterThanThreshold",
  threshold: 0,
});
alarm("Orphans", {
  description: "Tasks ran without an owning attempt. See /admin, and the log's orphan_stopped.",
  metrics: { orphans: METRICS.orphans },
  comparison: "GreaterThanThreshold",
  threshold: 0,
});
alarm("BucketBytes", {
  description:
    "The bucket is over LEO_BUCKET_ALARM_GB, by the orchestrators' count. See /admin for who builds what, and objects_removed.",
  metrics: { bytes: METRICS.bucketBytes },
  comparison: "GreaterThanThreshold",
  threshold: stage.bucketAlarmBytes,
});
alarm("BucketStorage", {
  description:
    "The bucket is over LEO_BUCKET_ALARM_GB, by S3's daily count, which includes unfinished uploads.",
  metrics: { bytes: METRICS.bucketStorage },
  comparison: "GreaterThanThreshold",
  threshold: stage.bucketAlarmBytes,
  periodSeconds: 86_400,
});
alarm("StrayObjects", {
  description:
    "Over 100 objects without an owning attempt were removed from the bucket: a task's role was misused. See objects_removed.",
  metrics: { removed: METRICS.objectsRemoved },
  comparison: "GreaterThanThreshold",
  threshold: 100,
});
alarm("CommitLatency", {
  description: "1 % of event commits take over 0.5 s, for 15 minutes. See the database's load.",
  metrics: { commit: METRICS.commitSeconds },
  comparison: "GreaterThanThreshold",
  threshold: 0.5,
  periods: 3,
});
alarm("Spend", {
  description: "The model cost over 80 % of LEO_PLATFORM_DAY_BUDGET_USD today. See /admin for who spends it.",
  metrics: { spend: METRICS.spendToday },
  comparison: "GreaterThanThreshold",
  threshold: 0.8 * stage.limits.LEO_PLATFORM_DAY_BUDGET_USD,
});
alarm("VcpuQuota", {
  description: "Over 80 % of the account's Fargate vCPUs are in use. Raise quota L-3032A538.",
  metrics: { vcpus: METRICS.vcpus },
  expression: "vcpus / SERVICE_QUOTA(vcpus) * 100",
  comparison: "GreaterThanThreshold",
  threshold: 80,
  periods: 2,
});
