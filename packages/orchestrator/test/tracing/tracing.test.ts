import { Counter, Gauge, Histogram, Registry } from "prom-client";
import { describe, expect, test } from "vitest";
import { PROTOCOL } from "@leo/core/protocol/close-code.ts";
import { CLOUD_METRICS, METRICS, metricFacts } from "@leo/core/metric.ts";
import { createCloudMetrics } from "../../src/metrics/cloud-metrics.ts";
import { until } from "@leo/local/testing/until.ts";
import { runSql } from "@leo/local/testing/database.ts";
import { openGeneratorSocket, withOrchestrator, type TestOrchestrator } from "../support/orchestrator.ts";
import { withCollector } from "../support/collector.ts";

/** Runs a generation to its end and returns it. */
const complete = async (leo: TestOrchestrator) => {
  const generation = await leo.submit();
  const task = await leo.task(generation.id);
  const generator = await openGeneratorSocket(task.url, task.token);
  generator.send({ type: "ready", protocol: PROTOCOL, started: false });
  await generator.first("start_generation");
  await leo.putManifest(generation, 1);
  generator.send({
    type: "messages",
    messages: [
      { n: 1, type: "log", level: "info", text: "hello" },
      { n: 2, type: "all_work_complete" },
    ],
  });
  await leo.reaches(generation.id, "completed");
  task.exit(0);
  return generation;
};

/** `name{labels} value` of Prometheus' text format. */
const samplesOf = (text: string) =>
  new Map(
    text
      .split("\n")
      .filter((line) => line && !line.startsWith("#"))
      .map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ") + 1))]),
  );

interface Line {
  event: string;
  [key: string]: unknown;
}
const parse = (lines: string[]) => lines.map((line) => JSON.parse(line) as Line);

describe("metrics", () => {
  test("all of the table are there, count what happened, and reach CloudWatch by the same names", async () => {
    const lines: string[] = [];
    await withOrchestrator(
      { settings: { LEO_CLOUD_METRICS_APP: "leo-test" }, writeOut: (line) => lines.push(line) },
      async (leo) => {
        leo.ecs.faults.add({ kind: "capacity" });
        await complete(leo);
        const waiting = await leo.submit("waits");
        await leo.task(waiting.id);
        const read = async () => (await leo.request("GET", "/metrics")).text();
        // The completed run holds its vCPUs until its task is known to have ended.
        const text = await until("the first task's end", async () => {
          const now = await read();
          return samplesOf(now).get("leo_vcpus_in_use") === 4 && now;
        });
        for (const name of Object.keys(METRICS)) expect(text).toContain(`# HELP ${name} `);
        const samples = samplesOf(text);
        expect(samples.get("leo_launch_seconds_count")).toBe(2);
        expect(samples.get("leo_ready_seconds_count")).toBe(1);
        expect(samples.get('leo_launch_failures_total{reason="capacity"}')).toBe(1);
        expect(samples.get('leo_ended_last_hour{state="completed",code=""}')).toBe(1);
        expect(samples.get("leo_running")).toBe(1);
        expect(samples.get("leo_queue_depth")).toBe(0);
        expect(samples.get("leo_events_total")).toBeGreaterThanOrEqual(2);
        expect(samples.get("leo_commit_seconds_count")).toBeGreaterThan(0);
      },
    );
    const told = parse(lines).filter(({ event }) => event === "metric");
    const gauges = CLOUD_METRICS.filter((name) => metricFacts(name).type === "gauge");
    for (const name of gauges) expect(told.filter((line) => name in line)).not.toEqual([]);
    for (const line of told) {
      expect(line).toMatchObject({ app: "leo-test", _aws: { CloudWatchMetrics: [{ Namespace: "Leo" }] } });
    }
  });

  test("a counter is told as what it gained, a gauge as what it is", async () => {
    const registry = new Registry();
    const registers = [registry];
    const events = new Counter({ name: "leo_events_total", help: "x", registers });
    const failures = new Counter({
      name: "leo_launch_failures_total",
      help: "x",
      labelNames: ["reason"],
      registers,
    });
    const depth = new Gauge({ name: "leo_queue_depth", help: "x", registers });
    const lines: string[] = [];
    const at = new Date("2026-01-02T03:04:05Z");
    const write = createCloudMetrics({
      registry,
      app: "leo-test",
      write: (line) => lines.push(line),
      now: () => at,
    });
    const next = async () => {
      lines.length = 0;
      await write();
      return parse(lines).map(({ leo_events_total, leo_launch_failures_total, leo_queue_depth, reason }) => ({
        ...(leo_events_total === undefined ? {} : { events: leo_events_total }),
        ...(leo_launch_failures_total === undefined ? {} : { failures: leo_launch_failures_total, reason }),
        ...(leo_queue_depth === undefined ? {} : { depth: leo_queue_depth }),
      }));
    };
    events.inc(5);
    failures.inc({ reason: "quota" }, 2);
    depth.set(7);
    expect(await next()).toEqual([{ depth: 7 }, { failures: 2, reason: "quota" }, { events: 5 }]);
    expect(await next()).toEqual([{ depth: 7 }]);
    events.inc(3);
    depth.set(0);
    expect(await next()).toEqual([{ depth: 0 }, { events: 3 }]);
    expect(parse(lines)[1]).toEqual({
      _aws: {
        Timestamp: at.getTime(),
        CloudWatchMetrics: [
          { Namespace: "Leo", Dimensions: [["app"]], Metrics: [{ Name: "leo_events_total" }] },
        ],
      },
      event: "metric",
      app: "leo-test",
      leo_events_total: 3,
    });
  });

  test("a histogram is sent as the bound of 99 % of its new values, and skipped if there are none", async () => {
    const registry = new Registry();
    const commits = new Histogram({
      name: "leo_commit_seconds",
      help: "x",
      buckets: [0.01, 0.1, 5],
      registers: [registry],
    });
    const lines: string[] = [];
    const options = {
      registry,
      app: "leo-test",
      write: (line: string) => lines.push(line),
      now: () => new Date(),
    };
    const write = createCloudMetrics(options);
    const next = async (...seconds: number[]) => {
      for (const each of seconds) commits.observe(each);
      lines.length = 0;
      await write();
      return parse(lines).map(({ leo_commit_seconds }) => leo_commit_seconds);
    };
    expect(await next()).toEqual([]);
    expect(await next(...Array.from({ length: 99 }, () => 0.005), 1)).toEqual([0.01]);
    expect(await next(0.005, 0.05)).toEqual([0.1]);
    expect(await next(0.005)).toEqual([0.01]);
    expect(await next(60)).toEqual([5]);
    expect(await next()).toEqual([]);
  });

  test("without the database they say so, and what does not come from it still comes", () =>
    withOrchestrator({}, async (leo) => {
      const samples = async () => {
        const answer = await leo.request("GET", "/metrics");
        expect(answer.status).toBe(200);
        return samplesOf(await answer.text());
      };
      expect((await samples()).get("leo_database_up")).toBe(1);
      await runSql(leo.databaseUrl, "alter table leo.attempts rename to away");
      const without = await samples();
      expect(without.get("leo_database_up")).toBe(0);
      expect(without.has("leo_vcpus_in_use")).toBe(false);
      expect(without.get('leo_sockets{kind="browser"}')).toBe(0);
      await runSql(leo.databaseUrl, "alter table leo.away rename to attempts");
      expect((await samples()).get("leo_vcpus_in_use")).toBe(0);
    }));

  test("an orphan is found once and counted when it is stopped", () =>
    withOrchestrator(
      { settings: { LEO_RECONCILE_INTERVAL_MS: "100", LEO_TASK_SETTLE_MS: "100" } },
      async (leo) => {
        const generation = await leo.submit();
        await leo.task(generation.id);
        await leo.reaches(generation.id, "starting");
        await runSql(leo.databaseUrl, "delete from leo.apps");
        const count = async (name: string) =>
          samplesOf(await (await leo.request("GET", "/metrics")).text()).get(name);
        await expect.poll(() => count("leo_orphans_stopped_total")).toBe(1);
        expect(await count("leo_orphans_found_total")).toBe(1);
      },
    ));
});

test("log lines carry the ids of what they happened in, and no token", async () => {
  const lines: string[] = [];
  let token = "";
  let generationId = "";
  await withOrchestrator({ writeOut: (line) => lines.push(line) }, async (leo) => {
    generationId = (await complete(leo)).id;
    token = (await leo.task(generationId)).token;
    await leo.request("GET", "/api/apps", undefined, { "x-request-id": "from-the-caller" });
    await expect.poll(() => lines.join("")).toContain('"task_ended"');
  });
  const found = parse(lines);
  const of = (event: string) => found.find((line) => line.event === event);
  for (const event of ["task_started", "task_ended"]) {
    expect(of(event)).toMatchObject({
      generationId,
      attemptId: expect.stringMatching(/^[0-9a-f-]{36}$/) as unknown,
      taskArn: expect.stringContaining("arn:aws:ecs:") as unknown,
    });
  }
  expect(found.filter(({ requestId }) => requestId === "from-the-caller")).not.toEqual([]);
  expect(found.filter(({ event }) => typeof event !== "string")).toEqual([]);
  expect(lines.join("")).not.toContain(token);
});

test("a generation's trace has its id, and spans for its request, its queue, its attempt and RunTask", () =>
  withCollector(async (collector) => {
    let generationId = "";
    await withOrchestrator({ settings: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url } }, async (leo) => {
      generationId = (await complete(leo)).id;
    });
    // Ending the orchestrator sends what waited.
    expect(collector.spans().filter(({ name }) => name === "generation")).toHaveLength(1);
    const traceId = generationId.replaceAll("-", "");
    const spans = collector.spans().filter((span) => span.traceId === traceId);
    const byName = new Map(spans.map((span) => [span.name, span]));
    expect([...byName.keys()].toSorted()).toEqual(
      ["attempt", "generation", "launching", "queued", "starting", "working"].toSorted(),
    );
    const root = byName.get("generation");
    expect(root?.parentSpanId ?? "").toBe("");
    expect(byName.get("attempt")?.parentSpanId).toBe(root?.spanId);
    expect(byName.get("working")?.parentSpanId).toBe(byName.get("attempt")?.spanId);
    for (const { startTimeUnixNano, endTimeUnixNano } of spans)
      expect(BigInt(endTimeUnixNano)).toBeGreaterThanOrEqual(BigInt(startTimeUnixNano));
    const names = new Set(collector.spans().map(({ name }) => name));
    for (const name of ["POST /api/apps", "launch", "ecs RunTask", "finalize"]) expect(names).toContain(name);
  }));
