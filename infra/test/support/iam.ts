/**
 * A small IAM evaluator: identity policies of one role, Allow and Deny, resource and action patterns,
 * and the condition operators that this project uses. An operator it does not know is an error.
 */
import type { Graph } from "../../../tools/plan/graph/graph.ts";
import { all } from "./find.ts";

type Values = string | string[];
export interface Statement {
  Effect: "Allow" | "Deny";
  Action: Values;
  Resource?: Values;
  Condition?: Record<string, Record<string, Values>>;
}

export interface Request {
  action: string;
  resource: string;
  /** Condition keys that AWS would send along. */
  context?: Record<string, string>;
}

const list = (values: Values | undefined): string[] => (values === undefined ? [] : [values].flat());

/** IAM's patterns: `*` any characters, `?` one. */
const matches = (pattern: string, text: string, flags = "") => {
  const source = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${source}$`, flags).test(text);
};

type Operator = (expected: string[], actual: string | undefined) => boolean;
const OPERATORS: Record<string, Operator> = {
  StringEquals: (expected, actual) => actual !== undefined && expected.includes(actual),
  ArnEquals: (expected, actual) =>
    actual !== undefined && expected.some((pattern) => matches(pattern, actual)),
  Bool: (expected, actual) => actual !== undefined && expected.includes(actual),
  Null: (expected, actual) => expected.includes(String(actual === undefined)),
};

const holds = (condition: Statement["Condition"], context: Record<string, string>) =>
  Object.entries(condition ?? {}).every(([name, keys]) => {
    const operator = OPERATORS[name];
    if (!operator) throw new Error(`The evaluator does not know the operator ${name}`);
    return Object.entries(keys).every(([key, expected]) => operator(list(expected), context[key]));
  });

const applies = (statement: Statement, { action, resource, context = {} }: Request) =>
  list(statement.Action).some((pattern) => matches(pattern, action, "i")) &&
  list(statement.Resource).some((pattern) => matches(pattern, resource)) &&
  holds(statement.Condition, context);

/** Whether the statements allow a request: some Allow applies and no Deny does. */
export const isAllowed = (statements: Statement[], request: Request): boolean => {
  const applying = statements.filter((statement) => applies(statement, request));
  return applying.length > 0 && applying.every(({ Effect }) => Effect === "Allow");
};

export interface Role {
  statements: Statement[];
  managedPolicies: string[];
  trusted: string;
}

/** A role of the graph, by the logical name that it starts with. */
export const role = (graph: Graph, name: string): Role => {
  const found = all(graph, "iam/role:Role").find((resource) => resource.name === name);
  if (!found) throw new Error(`No role ${name}`);
  const { inlinePolicies, managedPolicyArns, assumeRolePolicy } = found.inputs as {
    inlinePolicies: { policy: string }[];
    managedPolicyArns?: string[];
    assumeRolePolicy: string | object;
  };
  return {
    statements: inlinePolicies.flatMap(
      ({ policy }) => (JSON.parse(policy) as { Statement: Statement[] }).Statement,
    ),
    managedPolicies: managedPolicyArns ?? [],
    trusted: typeof assumeRolePolicy === "string" ? assumeRolePolicy : JSON.stringify(assumeRolePolicy),
  };
};
