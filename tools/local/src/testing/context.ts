declare module "vitest" {
  export interface ProvidedContext {
    /** URL of the run's PostgreSQL, database `postgres`. */
    postgresUrl: string;
    /** URL of the run's S3 and SQS. */
    awsUrl: string;
  }
}

export type { ProvidedContext } from "vitest";
