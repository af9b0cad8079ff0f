/**
 * Schema `leo`. The queue is `generations` itself; `attempts` are the ECS tasks tried for one;
 * `events` is the append-only record that browsers replay. Every table ends with its policies.
 */
export { leo } from "./schema/columns.ts";
export * from "./schema/runs.ts";
export * from "./schema/github.ts";
export * from "./schema/sites.ts";
export * from "./schema/accounts.ts";
