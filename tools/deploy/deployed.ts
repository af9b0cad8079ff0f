/** Waits until a deploy is live: ECS runs the new revision, and it answers through the load balancer. */
import {
  DescribeServicesCommand,
  DescribeTaskDefinitionCommand,
  DescribeTasksCommand,
  ListTasksCommand,
  type ECSClient,
  type Service,
  type TaskDefinition,
} from "@aws-sdk/client-ecs";
import { setTimeout as sleep } from "node:timers/promises";
import { judge } from "./judge.ts";

export interface DeployedOptions {
  cluster: string;
  /** Name of the service, and of its task family. */
  service: string;
  logGroup: string;
  timeoutMs: number;
  intervalMs: number;
  say: (line: string) => void;
  /** ECS messages from before this time aren't repeated. Default: now. */
  since?: Date;
  /** The last lines of a stopped task's log. */
  logTail?: (taskId: string) => Promise<string[]>;
  signal?: AbortSignal;
}

/** What was deployed isn't running. The message says what to check. */
export class NotDeployedError extends Error {
  override name = "NotDeployedError";
}

const EVENTS_SHOWN = 5;

const readService = async (ecs: ECSClient, { cluster, service }: DeployedOptions): Promise<Service> => {
  const answer = await ecs.send(new DescribeServicesCommand({ cluster, services: [service] }));
  const [found] = answer.services ?? [];
  if (found?.status === "ACTIVE") return found;
  throw new NotDeployedError(
    `There is no service ${service} in cluster ${cluster}: nothing was deployed to this stage.`,
  );
};

const readNewest = async (ecs: ECSClient, { service }: DeployedOptions): Promise<TaskDefinition> => {
  const { taskDefinition } = await ecs.send(new DescribeTaskDefinitionCommand({ taskDefinition: service }));
  if (!taskDefinition) throw new NotDeployedError(`The task family ${service} has no active revision.`);
  return taskDefinition;
};

const publicUrl = ({ containerDefinitions = [] }: TaskDefinition): string => {
  const variables = containerDefinitions.flatMap(({ environment }) => environment ?? []);
  const url = variables.find(({ name }) => name === "LEO_PUBLIC_URL")?.value;
  if (!url) throw new NotDeployedError("The newest task definition has no LEO_PUBLIC_URL.");
  return url;
};

interface StoppedTask {
  id: string;
  stoppedAt?: Date;
  /** Why it ended, as a line. */
  line: string;
}

/** The service's most recently ended tasks; ECS remembers them for about an hour. */
const stoppedTasks = async (
  ecs: ECSClient,
  { cluster, service }: DeployedOptions,
): Promise<StoppedTask[]> => {
  const { taskArns = [] } = await ecs.send(
    new ListTasksCommand({
      cluster,
      serviceName: service,
      desiredStatus: "STOPPED",
      maxResults: EVENTS_SHOWN,
    }),
  );
  if (taskArns.length === 0) return [];
  const { tasks = [] } = await ecs.send(new DescribeTasksCommand({ cluster, tasks: taskArns }));
  return tasks.map(({ taskArn, stoppedReason, stoppedAt, containers = [] }) => {
    const exits = containers.map(
      ({ name, exitCode, reason }) => `${name}: exit ${exitCode ?? "none"} ${reason ?? ""}`,
    );
    const id = taskArn?.split("/").at(-1) ?? "";
    return {
      id,
      stoppedAt,
      line: `  task ${id}: ${stoppedReason ?? "no reason"} (${exits.join("; ").trim()})`,
    };
  });
};

const explain = async (ecs: ECSClient, options: DeployedOptions, reason: string, service: Service) => {
  const events = (service.events ?? []).slice(0, EVENTS_SHOWN).map(({ message }) => `  ${message}`);
  const stopped = (await stoppedTasks(ecs, options)).map(({ line }) => line);
  return new NotDeployedError(
    [
      reason,
      ...(events.length > 0 ? ["The service's last events:", ...events] : []),
      ...(stopped.length > 0 ? ["Its last tasks ended:", ...stopped] : []),
      `Look at its log: aws logs tail ${options.logGroup} --since 30m`,
    ].join("\n"),
  );
};

/** Prints ECS's messages and each task that ends, once, as it happens. */
const watchService = (ecs: ECSClient, options: DeployedOptions) => {
  const seen = new Set<string>();
  const sinceMs = options.since?.getTime() ?? Date.now();
  return async ({ events = [] }: Service): Promise<void> => {
    for (const { id = "", message = "", createdAt } of events.toReversed()) {
      if (seen.has(id) || (createdAt?.getTime() ?? 0) < sinceMs) continue;
      seen.add(id);
      options.say(`  ${message}`);
    }
    for (const { id, line, stoppedAt } of await stoppedTasks(ecs, options)) {
      if (seen.has(id) || (stoppedAt && stoppedAt.getTime() < sinceMs)) continue;
      seen.add(id);
      options.say(line);
      for (const text of (await options.logTail?.(id)) ?? []) options.say(`    ${text}`);
    }
  };
};

const waitForRollout = async (ecs: ECSClient, options: DeployedOptions, newest: string, giveUpAt: number) => {
  const watch = watchService(ecs, options);
  let said = "";
  for (;;) {
    options.signal?.throwIfAborted();
    const service = await readService(ecs, options);
    const verdict = judge(service, newest);
    if (verdict.state !== "done") await watch(service);
    if (verdict.state === "done") return service;
    if (verdict.state === "failed") throw await explain(ecs, options, verdict.reason, service);
    if (verdict.doing !== said) options.say(verdict.doing);
    said = verdict.doing;
    if (Date.now() >= giveUpAt) {
      throw await explain(
        ecs,
        options,
        `Not complete after ${options.timeoutMs / 1000} s: ${verdict.doing}.`,
        service,
      );
    }
    await sleep(options.intervalMs, undefined, { signal: options.signal });
  }
};

const healthProblem = async (url: string): Promise<string | undefined> => {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(10_000), redirect: "error" });
    await answer.arrayBuffer();
    return answer.ok ? undefined : `it returns ${answer.status}`;
  } catch (error) {
    const { message, cause } = error as Error;
    return cause instanceof Error ? cause.message : message;
  }
};

const waitForHealth = async (
  ecs: ECSClient,
  options: DeployedOptions,
  url: string,
  giveUpAt: number,
  service: Service,
) => {
  for (;;) {
    const problem = await healthProblem(url);
    if (problem === undefined) return;
    if (Date.now() >= giveUpAt) {
      const hint = "is this machine's address in LEO_ALLOWLIST, and does the name lead to the load balancer?";
      throw await explain(
        ecs,
        options,
        `ECS is done, but ${url} can't be reached: ${problem}; ${hint}`,
        service,
      );
    }
    await sleep(options.intervalMs, undefined, { signal: options.signal });
  }
};

/**
 * Waits for the newest revision.
 * @returns the URL where it answers
 * @throws NotDeployedError that says what to check
 */
export const waitUntilDeployed = async (ecs: ECSClient, options: DeployedOptions): Promise<string> => {
  const giveUpAt = Date.now() + options.timeoutMs;
  await readService(ecs, options);
  const newest = await readNewest(ecs, options);
  const url = publicUrl(newest);
  const service = await waitForRollout(ecs, options, newest.taskDefinitionArn ?? "", giveUpAt);
  options.say(`${newest.family}:${newest.revision} is running`);
  await waitForHealth(ecs, options, new URL("/health", url).href, giveUpAt, service);
  return url;
};
