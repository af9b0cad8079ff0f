/** The kinds of stages whose resources are rendered and checked. */
import type { GraphOptions } from "../graph/run-graph.ts";

const CERTIFICATE = "arn:aws:acm:us-east-1:111122223333:certificate/0b0e1f0a-1111-4222-8333-444455556666";
const DOMAIN = { LEO_DOMAIN: "leo.example.com", LEO_ALARM_EMAIL: "operator@example.com" };

export const VARIANTS: Record<string, GraphOptions> = {
  prod: { stage: "prod" },
  domain: { stage: "prod", settings: DOMAIN },
  "own certificate": {
    stage: "prod",
    settings: { ...DOMAIN, LEO_DNS: "off", LEO_CERTIFICATE_ARN: CERTIFICATE },
  },
  "personal stage": { stage: "ada" },
  "several orchestrators": {
    stage: "prod",
    settings: { LEO_ORCHESTRATORS: "2-4@70", LEO_DATABASE_POOLER_SIZE: "60" },
  },
};
