/** The plans of the queries that really ran, as PostgreSQL's `auto_explain` reports them. */
import type { ClientBase } from "pg";
import { SERVICE_ROLE } from "../../src/db/schema/policies.ts";
import type { Database } from "../../src/db/database.ts";
import { openTestDatabase } from "./database.ts";

export interface PlanNode {
  "Node Type": string;
  "Relation Name"?: string;
  "Index Name"?: string;
  "Actual Rows": number;
  "Actual Loops": number;
  "Rows Removed by Filter"?: number;
  "Rows Removed by Index Recheck"?: number;
  Plans?: PlanNode[];
}

export interface Explained {
  "Query Text": string;
  Plan: PlanNode;
}

export type PlanMode = "force_generic_plan" | "force_custom_plan";

/** Custom and generic plans differ, and which of them a prepared statement gets is the server's choice. */
const setUp = (mode: PlanMode) => `
reset role;
load 'auto_explain';
set auto_explain.log_min_duration = 0;
set auto_explain.log_format = 'json';
set auto_explain.log_analyze = on;
set auto_explain.log_timing = off;
set auto_explain.log_level = 'notice';
set plan_cache_mode = '${mode}';
set role ${SERVICE_ROLE}`;

/** Runs with a database whose every query's plan is added to `plans`. */
export const withPlans = async (
  databaseUrl: string,
  mode: PlanMode,
  run: (database: Database, plans: Explained[]) => Promise<void>,
): Promise<void> => {
  const plans: Explained[] = [];
  const database = openTestDatabase(databaseUrl, 2);
  const failures: unknown[] = [];
  database.pool.on("connect", (client: ClientBase) => {
    client.on("notice", ({ message = "" }) => {
      const [, plan] = /^duration: [\d.]+ ms {2}plan:\n([\s\S]*)$/.exec(message) ?? [];
      if (plan) plans.push(JSON.parse(plan) as Explained);
    });
    // In the client's own queue, so before the query for which the pool made it.
    client.query(setUp(mode)).catch((cause: unknown) => failures.push(cause));
  });
  try {
    await run(database, plans);
    if (failures.length > 0) throw new AggregateError(failures, "auto_explain is not there");
  } finally {
    await database.close();
  }
};

export const nodesOf = (node: PlanNode): PlanNode[] => [node, ...(node.Plans ?? []).flatMap(nodesOf)];

/** How many rows of a table a node looked at, whether it kept them or not. */
export const rowsTouched = (node: PlanNode): number =>
  (node["Actual Rows"] +
    (node["Rows Removed by Filter"] ?? 0) +
    (node["Rows Removed by Index Recheck"] ?? 0)) *
  node["Actual Loops"];
