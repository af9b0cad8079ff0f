import { createHash } from "node:crypto";
import { fargateHas, portNames, type TaskDefinition } from "./definition.ts";
import { clientError, EcsError, invalidParameter } from "./ecs-error.ts";
import type { CallFault } from "./faults.ts";
import { parseRequest, RunTaskRequest, type CapacityProvider } from "./requests.ts";
import { newTask, type Task, type TaskRequest } from "./task.ts";
import { TaskRunner } from "./task-runner.ts";
import { taskView, type View } from "./task-view.ts";
import type { Ecs } from "./ecs-state.ts";
import { freePort } from "../free-port.ts";

export const OVERRIDES_MAX_CHARS = 8_192;

const CAPACITY =
  "Capacity is unavailable at this time. Please try again later or in a different availability zone";
const VCPU_QUOTA = "You've reached the limit on the number of vCPUs you can run concurrently";

const checkLengths = (request: RunTaskRequest): void => {
  if (request.count < 1 || request.count > 10) throw invalidParameter("Count should be between 1 and 10.");
  if (JSON.stringify(request.overrides).length > OVERRIDES_MAX_CHARS) {
    throw invalidParameter(`Container Overrides length must be at most ${OVERRIDES_MAX_CHARS}`);
  }
  if ((request.startedBy?.length ?? 0) > 128)
    throw invalidParameter("startedBy can be at most 128 characters.");
  if ((request.clientToken?.length ?? 0) > 64)
    throw invalidParameter("clientToken can be at most 64 characters.");
};

const checkPlacement = ({
  launchType,
  capacityProviderStrategy,
  networkConfiguration,
}: RunTaskRequest): void => {
  if (launchType && capacityProviderStrategy?.length) {
    throw invalidParameter("Specifying both a launch type and capacity provider strategy is not supported.");
  }
  if (!networkConfiguration) {
    throw invalidParameter("Network Configuration must be provided when networkMode 'awsvpc' is specified.");
  }
  if (networkConfiguration.awsvpcConfiguration.subnets.length === 0) {
    throw invalidParameter("subnets can not be empty.");
  }
};

const sizeOf = (
  { overrides }: RunTaskRequest,
  definition: TaskDefinition,
): { cpu: number; memoryMib: number } => {
  const cpu = Number(overrides.cpu ?? definition.cpu);
  const memoryMib = Number(overrides.memory ?? definition.memoryMib);
  if (!fargateHas(cpu, memoryMib)) {
    throw clientError(`No Fargate configuration exists for given values: ${cpu} CPU, ${memoryMib} memory.`);
  }
  return { cpu, memoryMib };
};

/** A strategy spreads tasks by weight; it never falls back. */
const pickProvider = (strategy: CapacityProvider[], random: number): string | undefined => {
  const total = strategy.reduce((sum, { weight }) => sum + weight, 0);
  let point = random * total;
  for (const { capacityProvider, weight } of strategy) {
    if (point < weight) return capacityProvider;
    point -= weight;
  }
  return strategy[0]?.capacityProvider;
};

const start = async (ecs: Ecs, request: TaskRequest): Promise<Task> => {
  const task = newTask(request, ecs.now());
  const names = portNames(request.definition);
  const ports = await Promise.all(names.map(async (name) => [name, await freePort()] as const));
  const runner = new TaskRunner({
    task,
    ports: new Map(ports),
    runContainer: ecs.runContainer,
    fault: ecs.faults.forTask(task.startedBy),
    now: ecs.now,
    changed: (changed) => ecs.events?.push(changed, ecs.now()),
  });
  ecs.tasks.add({ task, runner });
  ecs.events?.push(task, ecs.now());
  return task;
};

const failed = (reason: string): View => ({ tasks: [], failures: [{ reason }] });

const refusal = (ecs: Ecs, fault: CallFault | undefined, vcpus: number): View | undefined => {
  if (fault?.kind === "capacity") return failed(CAPACITY);
  if (fault?.kind === "vcpu_quota") return failed(VCPU_QUOTA);
  if (fault?.kind === "failure") return failed(fault.reason);
  if (fault?.kind === "empty") return { tasks: [], failures: [] };
  if (ecs.tasks.vcpuInUse() + vcpus > ecs.vcpuQuota) return failed(VCPU_QUOTA);
  return undefined;
};

const runOnce = async (ecs: Ecs, request: RunTaskRequest, fault?: CallFault): Promise<View> => {
  const cluster = ecs.clusterOf(request.cluster);
  const definition = ecs.definitionOf(request.taskDefinition);
  checkPlacement(request);
  const size = sizeOf(request, definition);
  for (const { name } of request.overrides.containerOverrides ?? []) {
    if (definition.containers.some((container) => container.name === name)) continue;
    throw invalidParameter(`Override for container named ${name} is not a container in the TaskDefinition.`);
  }
  const refused = refusal(ecs, fault, (request.count * size.cpu) / 1024);
  if (refused) return refused;
  const { overrides, startedBy, group, tags, capacityProviderStrategy: strategy = [] } = request;
  const tasks = await Promise.all(
    Array.from({ length: request.count }, async () =>
      start(ecs, {
        ...size,
        cluster,
        definition,
        overrides,
        startedBy,
        group,
        tags,
        launchType: request.launchType ?? "FARGATE",
        capacityProviderName: pickProvider(strategy, ecs.random()),
      }),
    ),
  );
  return { tasks: tasks.map((task) => taskView(task)), failures: [] };
};

const arnsOf = async (result: Promise<View>): Promise<string[]> =>
  ((await result).tasks as View[]).map(({ taskArn }) => String(taskArn));

/**
 * RunTask. The same `clientToken` with the same parameters replays the first answer, failures included;
 * with others it is a ConflictException that names the tasks of the first call.
 */
export const runTask = async (ecs: Ecs, body: unknown, fault?: CallFault): Promise<View> => {
  const request = parseRequest(RunTaskRequest, body);
  checkLengths(request);
  const { clientToken, ...parameters } = request;
  if (!clientToken) return runOnce(ecs, request, fault);
  const fingerprint = createHash("sha256").update(JSON.stringify(parameters)).digest("hex");
  const earlier = ecs.tokens.get(clientToken);
  if (earlier && earlier.fingerprint !== fingerprint) {
    throw new EcsError("ConflictException", "The clientToken was used with other parameters.", 400, {
      resourceIds: await arnsOf(earlier.result),
    });
  }
  if (earlier) return earlier.result;
  const result = runOnce(ecs, request, fault);
  ecs.tokens.set(clientToken, { fingerprint, result });
  // What threw has started nothing: the token stays free.
  result.catch(() => ecs.tokens.delete(clientToken));
  return result;
};
