/** The orchestrator's Prometheus metrics, by the table in `core/metric.ts`. */
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import { METRICS, metricFacts, type LaunchFailureReason, type MetricName } from "@leo/core/metric.ts";
import type { LaunchOutcome } from "../task/outcome.ts";
import type { Load } from "./load.ts";

export interface Metrics {
  registry: Registry;
  committed: (durationMs: number, eventCount: number) => void;
  /** An answer of RunTask. @param durationMs since its attempt was claimed */
  launchOutcome: (kind: LaunchOutcome["kind"], durationMs: number) => void;
  launchFailed(reason: LaunchFailureReason): void;
  /** A generator said its first word. @param durationMs since its attempt was claimed */
  ready: (durationMs: number) => void;
  objectsRemoved(count: number): void;
  orphans(seen: { found: number; stopped: number }): void;
}

export interface MetricSources {
  /** Sockets that are open right now. */
  browsers(): number;
  generators(): number;
  /** At work, this one included. */
  orchestrators(): number;
  /** Read from the database when the metrics are. */
  load: () => Promise<Load>;
  /** The database did not tell it, or not in time. */
  loadFailed: (cause: unknown) => void;
}

/** A scrape waits 10 s by Prometheus' default; what else there is must still come. */
const LOAD_MS = 5_000;

const inTime = async <T>(work: Promise<T>): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${LOAD_MS} ms`)), LOAD_MS);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
};

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
  "leo_model_paused",
  "leo_bucket_objects",
  "leo_bucket_bytes",
  "leo_vcpus_in_use",
  "leo_spend_today_usd",
  "leo_reserved_today_usd",
] as const satisfies (keyof Load)[];

type Register = <T extends Counter | Gauge | Histogram>(metric: T) => T;

/** What is read when the metrics are: of this process, and of the database. */
const registerGauges = (register: Register, sources: MetricSources): void => {
  register(
    new Gauge({
      ...options("leo_sockets"),
      collect() {
        this.set({ kind: "browser" }, sources.browsers());
        this.set({ kind: "generator" }, sources.generators());
      },
    }),
  );
  register(
    new Gauge({
      ...options("leo_orchestrators"),
      collect() {
        this.set(sources.orchestrators());
      },
    }),
  );
  const readLoad = shared(() =>
    inTime(sources.load()).catch((cause: unknown) => {
      sources.loadFailed(cause);
      return undefined;
    }),
  );
  register(
    new Gauge({
      ...options("leo_database_up"),
      async collect() {
        this.set((await readLoad()) ? 1 : 0);
      },
    }),
  );
  for (const name of LOAD_METRICS) {
    register(
      new Gauge({
        ...options(name),
        async collect() {
          const load = await readLoad();
          this.reset();
          // A gauge without labels is 0 after its reset, and nothing is known.
          if (!load) this.remove({});
          for (const { labels, value } of load?.[name] ?? []) this.set(labels, value);
        },
      }),
    );
  }
};

export const createMetrics = (sources: MetricSources): Metrics => {
  const registry = new Registry();
  const register: Register = (metric) => {
    registry.registerMetric(metric);
    return metric;
  };
  const counter = (name: MetricName) => register(new Counter(options(name)));
  const histogram = (name: "leo_commit_seconds" | "leo_launch_seconds" | "leo_ready_seconds") =>
    register(new Histogram({ ...options(name), buckets: [...METRICS[name].buckets] }));

  const events = counter("leo_events_total");
  const failures = counter("leo_launch_failures_total");
  const orphansFound = counter("leo_orphans_found_total");
  const orphansStopped = counter("leo_orphans_stopped_total");
  const objectsRemoved = counter("leo_objects_removed_total");
  const commit = histogram("leo_commit_seconds");
  const launch = histogram("leo_launch_seconds");
  const ready = histogram("leo_ready_seconds");
  registerGauges(register, sources);
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
    objectsRemoved: (count) => objectsRemoved.inc(count),
    orphans: ({ found, stopped }) => {
      orphansFound.inc(found);
      orphansStopped.inc(stopped);
    },
  };
};
