/** The price list: USD, us-east-1, without free tier, discounts or taxes. */
export const PRICES_READ_IN = "June 2026";
export const PRICED_REGION = "us-east-1";

/** Hours of an average month, as AWS counts them. */
export const HOURS_PER_MONTH = 730;

export const SOURCES = {
  fargate: "https://aws.amazon.com/fargate/pricing/",
  loadBalancer: "https://aws.amazon.com/elasticloadbalancing/pricing/",
  publicIpv4: "https://aws.amazon.com/vpc/pricing/",
  secretsManager: "https://aws.amazon.com/secrets-manager/pricing/",
  route53: "https://aws.amazon.com/route53/pricing/",
  cloudWatch: "https://aws.amazon.com/cloudwatch/pricing/",
  ecr: "https://aws.amazon.com/ecr/pricing/",
  s3: "https://aws.amazon.com/s3/pricing/",
} as const;

/** Fargate, per hour. Spot changes from day to day; this is about its average. */
export const FARGATE = {
  x86_64: { vcpuUsd: 0.04048, gbUsd: 0.004445 },
  arm64: { vcpuUsd: 0.03238, gbUsd: 0.00356 },
  spot: { vcpuUsd: 0.0125, gbUsd: 0.00137 },
} as const;
export type FargateRate = (typeof FARGATE)[keyof typeof FARGATE];

/** Storage over the 20 GiB that every task has, per GiB-hour. */
export const FARGATE_STORAGE = { freeGib: 20, gibHourUsd: 0.000111 };

export const PRICES = {
  loadBalancerHourUsd: 0.0225,
  loadBalancerUnitHourUsd: 0.008,
  publicIpv4HourUsd: 0.005,
  secretMonthUsd: 0.4,
  hostedZoneMonthUsd: 0.5,
  logsIngestedGbUsd: 0.5,
  ecrGbMonthUsd: 0.1,
  s3GbMonthUsd: 0.023,
  alarmMetricMonthUsd: 0.1,
  customMetricMonthUsd: 0.3,
} as const;

/** Assumed usage of a quiet month, where the graph can't say. */
export const QUIET_MONTH = {
  /** Load balancer capacity units, on average. */
  loadBalancerUnits: 0.2,
  logsGb: 1,
  imagesGb: 3,
  artifactsGb: 10,
  /** Metrics that Container Insights publishes for a cluster with one service and one busy family. */
  containerInsightsMetrics: 34,
} as const;
