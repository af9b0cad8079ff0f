/**
 * What a RunTask call meant, as data. A capacity or quota failure is an answer with HTTP 200;
 * the same client token replays the first answer, so a failure in an answer needs a new token.
 */
import type { RunTaskCommandOutput } from "@aws-sdk/client-ecs";

export type LaunchOutcome =
  | { kind: "started"; taskArn: string }
  /** Unknown whether a task was made: the same token again. */
  | { kind: "retry_same"; detail: string }
  | { kind: "retry_new"; detail: string }
  /** No word of a task: look for it by `startedBy`. With a spent token the next call needs a new one. */
  | { kind: "look_up"; isTokenSpent: boolean; detail: string }
  | { kind: "capacity"; detail: string }
  | { kind: "quota"; detail: string }
  /** The family was resolved to a revision that is gone. */
  | { kind: "inactive_definition"; detail: string }
  /** A setting is wrong; no retry helps. */
  | { kind: "fatal"; detail: string };

/** Classifies an answer of RunTask. */
export const classifyAnswer = (answer: Pick<RunTaskCommandOutput, "tasks" | "failures">): LaunchOutcome => {
  const taskArn = answer.tasks?.[0]?.taskArn;
  if (taskArn) return { kind: "started", taskArn };
  const failure = answer.failures?.[0];
  if (!failure)
    return { kind: "look_up", isTokenSpent: false, detail: "no task and no failure in the answer" };
  const detail = [failure.reason, failure.detail].filter(Boolean).join(": ");
  if (/capacity is unavailable/i.test(detail)) return { kind: "capacity", detail };
  if (/limit on the number of vCPUs/i.test(detail)) return { kind: "quota", detail };
  if (/^(RESOURCE:|AGENT)/.test(failure.reason ?? "")) return { kind: "retry_new", detail };
  return { kind: "fatal", detail };
};

const nameOf = (error: unknown) => (error instanceof Error ? error.name : "");
const FATAL =
  /^(AccessDenied|InvalidParameter|ClusterNotFound|UnsupportedFeature|Platform|Blocked|UnrecognizedClient)/;

/** Classifies an error of RunTask: one that the service gave, or one of the network. */
export const classifyError = (error: unknown): LaunchOutcome => {
  const name = nameOf(error);
  const detail = `${name}: ${error instanceof Error ? error.message : String(error)}`;
  if (name === "ConflictException") {
    const taskArn = (error as { resourceIds?: string[] }).resourceIds?.[0];
    return taskArn ? { kind: "started", taskArn } : { kind: "look_up", isTokenSpent: true, detail };
  }
  if (name === "ClientException" && /inactive/i.test(detail)) return { kind: "inactive_definition", detail };
  if (FATAL.test(name)) return { kind: "fatal", detail };
  if (name === "ClientException" && !/rate exceeded/i.test(detail)) return { kind: "fatal", detail };
  return { kind: "retry_same", detail };
};
