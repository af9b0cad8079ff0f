import { Counter, Gauge, Histogram, Registry } from "prom-client";
import type { Database } from "./db/database.ts";

export interface Metrics {
  registry: Registry;
  committed: (durationMs: number, eventCount: number) => void;
  launched(durationMs: number): void;
  launchFailed(): void;
  /** An answer of RunTask by its kind: `started`, `quota`, `capacity`, `fatal`, … */
  launchOutcome: (kind: string) => void;
  orphansStopped(count: number): void;
}

/** What the sockets hold right now. */
export interface SocketCounts {
  browsers(): number;
  generators(): number;
}

/** The orchestrator's Prometheus metrics. Gauges of the queue are read when they are scraped. */
export const createMetrics = (database: Database, sockets: SocketCounts): Metrics => {
  const registry = new Registry();
  const registers = [registry];
  const register = (gauge: Gauge) => registry.registerMetric(gauge);
  const events = new Counter({ name: "leo_events_total", help: "Events committed", registers });
  const commit = new Histogram({
    name: "leo_commit_seconds",
    help: "Time to commit a batch of events",
    buckets: [0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5],
    registers,
  });
  const launch = new Histogram({
    name: "leo_launch_seconds",
    help: "Claim to accepted task",
    buckets: [0.05, 0.1, 0.5, 1, 5, 15, 60, 180, 600],
    registers,
  });
  const launchFailures = new Counter({
    name: "leo_launch_failures_total",
    help: "Launches given up",
    registers,
  });
  const outcomes = new Counter({
    name: "leo_launch_outcomes_total",
    help: "Answers of RunTask by kind",
    labelNames: ["kind"],
    registers,
  });
  const orphans = new Counter({
    name: "leo_orphans_stopped_total",
    help: "Tasks stopped that nobody owned",
    registers,
  });
  register(
    new Gauge({
      name: "leo_sockets",
      help: "Open WebSockets",
      labelNames: ["kind"],
      registers: [],
      collect() {
        this.set({ kind: "browser" }, sockets.browsers());
        this.set({ kind: "generator" }, sockets.generators());
      },
    }),
  );
  register(
    new Gauge({
      name: "leo_generations",
      help: "Generations that have not ended",
      labelNames: ["state"],
      registers: [],
      async collect() {
        const { rows } = await database.pool.query<{ state: string; count: number }>(
          "select state, count(*)::int as count from leo.generations where finished_at is null group by state",
        );
        this.reset();
        for (const { state, count } of rows) this.set({ state }, count);
      },
    }),
  );
  register(
    new Gauge({
      name: "leo_queue_age_seconds",
      help: "Age of the oldest queued generation",
      registers: [],
      async collect() {
        const { rows } = await database.pool.query<{ age: number | null }>(
          "select extract(epoch from now() - min(created_at))::float as age from leo.generations where state = 'queued'",
        );
        this.set(rows[0]?.age ?? 0);
      },
    }),
  );
  return {
    registry,
    committed: (durationMs, eventCount) => {
      commit.observe(durationMs / 1_000);
      events.inc(eventCount);
    },
    launched: (durationMs) => launch.observe(durationMs / 1_000),
    launchFailed: () => launchFailures.inc(),
    launchOutcome: (kind) => outcomes.inc({ kind }),
    orphansStopped: (count) => orphans.inc(count),
  };
};
