/** Logs, alarms, the dashboard, events and the budget. */
import {
  capitals,
  parsed,
  type Absent,
  type Counterpart,
  type Part,
  type Properties,
} from "./counterpart.ts";

interface MetricQuery {
  metric?: { dimensions?: Record<string, string>; period: number; stat: string };
}

const query = ({ metric, ...rest }: MetricQuery): Properties => {
  const named = capitals(rest) as Properties;
  if (metric === undefined) return named;
  const { dimensions = {}, period, stat, ...name } = metric;
  const Dimensions = Object.entries(dimensions).map(([Name, Value]) => ({ Name, Value }));
  const Metric = { ...(capitals(name) as Properties), Dimensions };
  return { ...named, MetricStat: { Metric, Period: period, Stat: stat } };
};

const budget = ({ name, notifications, limitAmount, limitUnit, ...rest }: Properties): Properties => ({
  Budget: {
    ...(capitals(rest) as Properties),
    BudgetName: name,
    BudgetLimit: { Amount: Number(limitAmount), Unit: limitUnit },
  },
  NotificationsWithSubscribers: (notifications as Properties[]).map(
    ({ subscriberSnsTopicArns = [], subscriberEmailAddresses = [], ...notification }) => ({
      Notification: capitals(notification),
      Subscribers: [
        ...(subscriberSnsTopicArns as unknown[]).map((Address) => ({ SubscriptionType: "SNS", Address })),
        ...(subscriberEmailAddresses as unknown[]).map((Address) => ({ SubscriptionType: "EMAIL", Address })),
      ],
    }),
  ),
});

export const observability: Record<string, Counterpart | Part | Absent> = {
  "aws:cloudwatch/logGroup:LogGroup": {
    type: "AWS::Logs::LogGroup",
    inputs: { name: "LogGroupName" },
    references: { arn: "Arn", name: "Ref" },
  },
  "aws:cloudwatch/metricAlarm:MetricAlarm": {
    type: "AWS::CloudWatch::Alarm",
    inputs: {
      name: "AlarmName",
      metricQueries: (value) => ({ Metrics: (value as MetricQuery[]).map(query) }),
      okActions: "OKActions",
    },
  },
  "aws:cloudwatch/dashboard:Dashboard": { type: "AWS::CloudWatch::Dashboard" },
  "aws:cloudwatch/eventRule:EventRule": {
    type: "AWS::Events::Rule",
    inputs: { eventPattern: parsed("EventPattern") },
    references: { arn: "Arn", name: "Ref" },
  },
  "aws:cloudwatch/eventTarget:EventTarget": {
    of: "aws:cloudwatch/eventRule:EventRule",
    isPartOf: ({ rule }, whole) => whole.inputs.name === rule,
    properties: ({ rule, targetId, ...rest }) => ({
      Targets: [{ ...(capitals(rest) as Properties), Id: targetId ?? rule }],
    }),
  },
  "aws:budgets/budget:Budget": { type: "AWS::Budgets::Budget", properties: budget },
};
