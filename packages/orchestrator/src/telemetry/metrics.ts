/** The orchestrator's Prometheus metrics, by the table in `core/metric.ts`. */
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import { METRICS, metricFacts, type LaunchFailureReason, type MetricName } from "@leo/core/metric.ts";
import type { LaunchOutcome } from "../launch/outcome.ts";
import type { Load } from "./load.ts";

export interface Metrics {
  registry: Registry;
  committed: (durationMs: number, eventCount: number) => void;
  /** An answer of RunTask. @param durationMs since its attempt was claimed */
  launchOutcome: (kind: LaunchOutcome["kind"], durationMs: number) => void;
  launchFailed(reason: LaunchFailureReason): void;
  /** A generator said its first word. @param durationMs since its attempt was claimed */
  ready: (durationMs: number) => void;
  orphansStopped(count: number): void;
}

export interface MetricSources {
  /** Sockets that are open right now. */
  browsers(): number;
  generators(): number;
  /** Read from the database when the metrics are. */
  load: () => Promise<Load>;
}

const options = (name: MetricName) => {
  const { help, labels = [] } = metricFacts(name);
  return { name, help, labelNames: [...labels], registers: [] };
};

/** Calls that come while one is under way get its answer: one scrape asks the database once. */
const shared = <T>(ask: () => Promise<T>) => {
  let asked: Promise<T> | undefined;
  return () => (asked ??= ask().finally(() => (asked = undefined)));
};

const LOAD_METRICS = [
  "leo_generations",
  "leo_queue_depth",
  "leo_queue_age_seconds",
  "leo_running",
  "leo_ended_last_hour",
  "leo_platform_failures_last_hour",
  "leo_vcpus_in_use",
  "leo_spend_today_usd",
  "leo_reserved_today_usd",
] as const satisfies (keyof Load)[];

export const createMetrics = (sources: MetricSources): Metrics => {
  const registry = new Registry();
  const register = <T extends Counter | Gauge | Histogram>(metric: T): T => {
    registry.registerMetric(metric);
    return metric;
  };
  const counter = (name: MetricName) => register(new Counter(options(name)));
  const histogram = (name: "leo_commit_seconds" | "leo_launch_seconds" | "leo_ready_seconds") =>
    register(new Histogram({ ...options(name), buckets: [...METRICS[name].buckets] }));

  const events = counter("leo_events_total");
  const failures = counter("leo_launch_failures_total");
  const orphans = counter("leo_orphans_stopped_total");
  const commit = histogram("leo_commit_seconds");
  const launch = histogram("leo_launch_seconds");
  const ready = histogram("leo_ready_seconds");
  register(
    new Gauge({
      ...options("leo_sockets"),
      collect() {
        this.set({ kind: "browser" }, sources.browsers());
        this.set({ kind: "generator" }, sources.generators());
      },
    }),
  );
  const readLoad = shared(sources.load);
  for (const name of LOAD_METRICS) {
    register(
      new Gauge({
        ...options(name),
        async collect() {
          const series = (await readLoad())[name];
          this.reset();
          for (const { labels, value } of series) this.set(labels, value);
        },
      }),
    );
  }
  return {
    registry,
    committed: (durationMs, eventCount) => {
      commit.observe(durationMs / 1_000);
      events.inc(eventCount);
    },
    launchOutcome: (kind, durationMs) => {
      if (kind === "started") launch.observe(durationMs / 1_000);
      else failures.inc({ reason: kind });
    },
    launchFailed: (reason) => failures.inc({ reason }),
    ready: (durationMs) => ready.observe(durationMs / 1_000),
    orphansStopped: (count) => orphans.inc(count),
  };
};
