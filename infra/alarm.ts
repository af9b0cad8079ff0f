import { names } from "./context.ts";
import type { Metric } from "./metrics.ts";
import { notices } from "./notices.ts";

const PERIOD_SECONDS = 300;

export interface Alarm {
  description: string;
  metrics: Record<string, Metric>;
  /** Over the metrics' names; only the first metric if absent. */
  expression?: string;
  comparison: "GreaterThanThreshold" | "LessThanThreshold";
  threshold: number;
  periods?: number;
  /** 300 unless the metric arrives less often. */
  periodSeconds?: number;
  /** If set, no data means trouble. */
  dataExpected?: boolean;
}

/** An alarm over one metric, or an expression of several, that notifies the topic when it starts and ends. */
export const alarm = (component: string, { metrics, expression, ...options }: Alarm) => {
  const plain = Object.entries(metrics).map(([id, { stat, ...metric }]) => ({
    id,
    metric: { ...metric, stat, period: options.periodSeconds ?? PERIOD_SECONDS },
    returnData: expression === undefined,
  }));
  const math =
    expression === undefined ? [] : [{ id: "result", expression, label: component, returnData: true }];
  return new aws.cloudwatch.MetricAlarm(component, {
    name: `${names.app}-${component.replace(/(?<=[a-z])[A-Z]/g, "-$&").toLowerCase()}`,
    alarmDescription: options.description,
    metricQueries: [...plain, ...math],
    comparisonOperator: options.comparison,
    threshold: options.threshold,
    evaluationPeriods: options.periods ?? 1,
    treatMissingData: options.dataExpected ? "breaching" : "notBreaching",
    alarmActions: [notices.arn],
    okActions: [notices.arn],
  });
};
