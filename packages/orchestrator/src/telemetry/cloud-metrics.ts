/**
 * Metrics for CloudWatch: log lines in its embedded metric format, which CloudWatch Logs turns into metrics
 * by itself. No agent, no permission, no call. A counter is told as what it gained since the last line.
 *
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
import type { Registry } from "prom-client";
import { CLOUD_METRICS, CLOUD_NAMESPACE, metricFacts } from "@leo/core/metric.ts";

/** One series of one metric, as a line of the log. */
const document = (
  app: string,
  name: string,
  labels: Partial<Record<string, string | number>>,
  value: number,
  at: Date,
) => ({
  _aws: {
    Timestamp: at.getTime(),
    CloudWatchMetrics: [
      {
        Namespace: CLOUD_NAMESPACE,
        // Also without its labels: an alarm cannot sum over them.
        Dimensions: Object.keys(labels).length > 0 ? [["app"], ["app", ...Object.keys(labels)]] : [["app"]],
        Metrics: [{ Name: name }],
      },
    ],
  },
  event: "metric",
  app,
  ...labels,
  [name]: value,
});

export interface CloudMetricsOptions {
  registry: Pick<Registry, "getSingleMetric">;
  /** The dimension that tells one deployment from another. */
  app: string;
  write: (line: string) => void;
  now: () => Date;
}

/** @returns writes all series once */
export const createCloudMetrics = ({ registry, app, write, now }: CloudMetricsOptions) => {
  const told = new Map<string, number>();

  return async (): Promise<void> => {
    for (const name of CLOUD_METRICS) {
      const metric = await registry.getSingleMetric(name)?.get();
      for (const { labels, value } of metric?.values ?? []) {
        const series = `${name} ${JSON.stringify(labels)}`;
        const isCounter = metricFacts(name).type === "counter";
        const gained = isCounter ? value - (told.get(series) ?? 0) : value;
        told.set(series, value);
        // A counter that stood still says nothing; alarms read silence as none.
        if (isCounter && gained === 0) continue;
        write(`${JSON.stringify(document(app, name, labels, gained, now()))}\n`);
      }
    }
  };
};
