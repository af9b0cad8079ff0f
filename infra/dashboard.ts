import { globalNames, stage } from "./context.ts";
import { METRICS, type Metric } from "./metrics.ts";

const WIDTH = 8;
const HEIGHT = 6;
const PER_ROW = 24 / WIDTH;

const WIDGETS: [title: string, metrics: Metric[]][] = [
  ["Requests", [METRICS.requests]],
  ["Errors", [METRICS.balancer5xx, METRICS.target5xx]],
  ["Hosts", [METRICS.healthyHosts, METRICS.unhealthyHosts]],
  ["Orchestrator, % of its size", [METRICS.cpu, METRICS.memory]],
  ["Running tasks", [METRICS.generators]],
  ["The account's Fargate vCPUs", [METRICS.vcpus]],
  ["Task events waiting", [METRICS.queuedEvents, METRICS.deadEvents]],
  ["Launches that failed", [METRICS.launchFailures, METRICS.launchesRefused]],
  ["Waiting and running", [METRICS.queueDepth, METRICS.running]],
  ["Oldest waiting request, s", [METRICS.queueAge]],
  [
    "Platform failures, orphans, launches paused for the model",
    [METRICS.platformFailures, METRICS.orphans, METRICS.modelPaused],
  ],
  ["Bytes in the bucket", [METRICS.bucketBytes, METRICS.bucketStorage]],
  ["Stray objects removed", [METRICS.objectsRemoved]],
  ["Spent on the model today, USD", [METRICS.spendToday]],
  ["Events committed", [METRICS.committed]],
  ["Commit of events, s", [METRICS.commitSeconds]],
  ["vCPUs that generators hold", [METRICS.vcpusInUse]],
];

/** CloudWatch's format: namespace, name, then dimension names and values in turn. */
const line = ({ namespace, metricName, dimensions, stat }: Metric) =>
  $resolve(Object.entries(dimensions).flat()).apply((pairs) => [namespace, metricName, ...pairs, { stat }]);

new aws.cloudwatch.Dashboard("Dashboard", {
  dashboardName: globalNames.dashboard,
  dashboardBody: $jsonStringify({
    widgets: WIDGETS.map(([title, metrics], index) => ({
      type: "metric",
      x: (index % PER_ROW) * WIDTH,
      y: Math.floor(index / PER_ROW) * HEIGHT,
      width: WIDTH,
      height: HEIGHT,
      properties: { title, region: stage.region, period: 300, metrics: metrics.map(line) },
    })),
  }),
});
