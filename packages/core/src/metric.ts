/**
 * Leo's own metrics: one table behind the orchestrator's counters, the alarms and dashboard of `infra/`, and
 * docs/observability.md. Names follow Prometheus: base units, `_total` for counters.
 */
interface MetricFacts {
  type: "counter" | "gauge" | "histogram";
  help: string;
  labels?: readonly string[];
  /** Upper bounds of a histogram, in the unit of its name. */
  buckets?: readonly number[];
  /** Also sent to CloudWatch, once a minute. Every series there costs money. */
  cloud?: boolean;
}

export const METRICS = {
  leo_generations: {
    type: "gauge",
    help: "Generations that haven't ended, by state",
    labels: ["state"],
  },
  leo_queue_depth: { type: "gauge", help: "Generations waiting for a task", cloud: true },
  leo_queue_age_seconds: {
    type: "gauge",
    help: "Age of the oldest queued generation, except those waiting for the model",
    cloud: true,
  },
  leo_running: {
    type: "gauge",
    help: "Generations with a task: starting, running or finalizing",
    cloud: true,
  },
  leo_ended_last_hour: {
    type: "gauge",
    help: "Generations that ended in the last hour, by state and failure code",
    labels: ["state", "code"],
  },
  leo_platform_failures_last_hour: {
    type: "gauge",
    help: "Generations that failed in the last hour because of the platform",
    cloud: true,
  },
  leo_model_paused: {
    type: "gauge",
    help: "1 while launches are paused because of the model",
    cloud: true,
  },
  leo_vcpus_in_use: { type: "gauge", help: "vCPUs held by attempts", cloud: true },
  leo_spend_today_usd: { type: "gauge", help: "Model cost since midnight UTC", cloud: true },
  leo_reserved_today_usd: { type: "gauge", help: "Budgets reserved for runs that haven't ended" },
  leo_launch_seconds: {
    type: "histogram",
    help: "Time from claim to a task accepted by ECS",
    buckets: [0.05, 0.1, 0.5, 1, 5, 15, 60, 180, 600],
  },
  leo_ready_seconds: {
    type: "histogram",
    help: "Time from claim to the generator's first message",
    buckets: [0.5, 1, 5, 10, 20, 30, 60, 120, 180],
  },
  leo_launch_failures_total: {
    type: "counter",
    help: "RunTask calls that started no task, by reason",
    labels: ["reason"],
    cloud: true,
  },
  leo_orphans_found_total: { type: "counter", help: "Orphaned tasks found", cloud: true },
  leo_orphans_stopped_total: {
    type: "counter",
    help: "Orphaned tasks stopped",
  },
  leo_objects_removed_total: {
    type: "counter",
    help: "Objects removed because no attempt owned them or they exceeded its limits",
    cloud: true,
  },
  leo_bucket_objects: { type: "gauge", help: "Objects in the bucket at the last walk" },
  leo_bucket_bytes: {
    type: "gauge",
    help: "Bytes in the bucket at the last walk",
    cloud: true,
  },
  leo_sockets: { type: "gauge", help: "Open WebSockets on this orchestrator, by kind", labels: ["kind"] },
  leo_orchestrators: { type: "gauge", help: "Orchestrators that this one hears from, itself included" },
  leo_events_total: { type: "counter", help: "Events committed by this orchestrator", cloud: true },
  leo_commit_seconds: {
    type: "histogram",
    help: "Time to commit a batch of events",
    buckets: [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5],
    cloud: true,
  },
  leo_database_up: {
    type: "gauge",
    help: "1 if the database answered; at 0, the metrics read from it are missing",
  },
} as const satisfies Record<string, MetricFacts>;

export type MetricName = keyof typeof METRICS;

/** A metric's facts, typed with all optional fields. */
export const metricFacts = (name: MetricName): MetricFacts => METRICS[name];

/** Namespace of the metrics in CloudWatch. */
export const CLOUD_NAMESPACE = "Leo";

export type CloudMetricName = {
  [Name in MetricName]: (typeof METRICS)[Name] extends { cloud: true } ? Name : never;
}[MetricName];

/** The metrics sent to CloudWatch. */
export const CLOUD_METRICS = (Object.keys(METRICS) as MetricName[]).filter(
  (name): name is CloudMetricName => metricFacts(name).cloud === true,
);

/** Why RunTask started no task. `broken_off`: the launcher itself failed. */
export const LAUNCH_FAILURE_REASONS = [
  "quota",
  "capacity",
  "retry_same",
  "retry_new",
  "look_up",
  "inactive_definition",
  "fatal",
  "broken_off",
] as const;
export type LaunchFailureReason = (typeof LAUNCH_FAILURE_REASONS)[number];
