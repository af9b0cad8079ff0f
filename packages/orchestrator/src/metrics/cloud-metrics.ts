/**
 * Metrics for CloudWatch: log lines in its embedded metric format, which CloudWatch Logs turns into metrics
 * by itself. No agent, no permission, no call. A counter is told as what it gained since the last line, a
 * histogram as the bound under which 99 % of what it gained lie.
 *
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
import type { Registry } from "prom-client";
import { CLOUD_METRICS, CLOUD_NAMESPACE, metricFacts, type CloudMetricName } from "@leo/core/metric.ts";

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

interface Sample {
  labels: Partial<Record<string, string | number>>;
  value: number;
}

const SHARE = 0.99;

/**
 * The smallest bound under which 99 % lie; of what is over the largest, the largest.
 * @param buckets by bound, each with what it and all below it gained
 * @returns undefined when nothing was gained
 */
export const boundOf = (buckets: readonly Sample[]): number | undefined => {
  const byBound = buckets
    .map(({ labels, value }) => [labels["le"] === "+Inf" ? Infinity : Number(labels["le"]), value] as const)
    .toSorted(([one], [other]) => one - other);
  const total = byBound.at(-1)?.[1] ?? 0;
  if (total === 0) return undefined;
  const [bound = Infinity] = byBound.find(([, count]) => count >= SHARE * total) ?? [];
  return Number.isFinite(bound) ? bound : byBound.at(-2)?.[0];
};

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
  const gainOf = (name: string, { labels, value }: Sample): Sample => {
    const series = `${name} ${JSON.stringify(labels)}`;
    const gained = value - (told.get(series) ?? 0);
    told.set(series, value);
    return { labels, value: gained };
  };

  /** What there is to tell. What stood still says nothing; alarms read silence as none. */
  const samplesOf = (name: CloudMetricName, values: (Sample & { metricName?: string })[]): Sample[] => {
    const { type } = metricFacts(name);
    if (type === "gauge") return values;
    if (type === "counter")
      return values.map((sample) => gainOf(name, sample)).filter(({ value }) => value !== 0);
    const buckets = values.filter(({ metricName }) => metricName === `${name}_bucket`);
    const bound = boundOf(buckets.map((sample) => gainOf(name, sample)));
    return bound === undefined ? [] : [{ labels: {}, value: bound }];
  };

  return async (): Promise<void> => {
    for (const name of CLOUD_METRICS) {
      const metric = await registry.getSingleMetric(name)?.get();
      for (const { labels, value } of samplesOf(name, metric?.values ?? []))
        write(`${JSON.stringify(document(app, name, labels, value, now()))}\n`);
    }
  };
};
