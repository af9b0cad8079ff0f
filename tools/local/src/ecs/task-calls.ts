/** StopTask, DescribeTasks and ListTasks. */
import { invalidParameter } from "./ecs-error.ts";
import type { Ecs } from "./ecs-state.ts";
import type { CallFault } from "./faults.ts";
import { DescribeTasksRequest, ListTasksRequest, parseRequest, StopTaskRequest } from "./requests.ts";
import { clusterArn, lastPart, type Task } from "./task.ts";
import { taskView, type View } from "./task-view.ts";

export const stopTask = async (ecs: Ecs, body: unknown): Promise<View> => {
  const request = parseRequest(StopTaskRequest, body);
  const found = ecs.tasks.find(ecs.clusterOf(request.cluster), request.task);
  if (!found) throw invalidParameter("The referenced task was not found.");
  // StopTask deletes a task's tags.
  found.task.tags = [];
  found.runner.stop({ stopCode: "UserInitiated", stoppedReason: request.reason ?? "Task stopped by user" });
  return { task: taskView(found.task) };
};

const arnIn = (cluster: string, idOrArn: string): string =>
  idOrArn.startsWith("arn:") ? idOrArn : `${clusterArn(cluster).replace(":cluster/", ":task/")}/${idOrArn}`;

export const describeTasks = async (ecs: Ecs, body: unknown): Promise<View> => {
  const request = parseRequest(DescribeTasksRequest, body);
  const cluster = ecs.clusterOf(request.cluster);
  if (request.tasks.length === 0) throw invalidParameter("Tasks cannot be empty.");
  if (request.tasks.length > 100) throw invalidParameter("Tasks can have at most 100 items.");
  const found = request.tasks.map((idOrArn) => ({ idOrArn, stored: ecs.tasks.find(cluster, idOrArn) }));
  const tags = request.include.includes("TAGS");
  return {
    tasks: found.flatMap(({ stored }) => (stored ? [taskView(stored.task, { tags })] : [])),
    failures: found
      .filter(({ stored }) => !stored)
      .map(({ idOrArn }) => ({ arn: arnIn(cluster, idOrArn), reason: "MISSING" })),
  };
};

const checkFilters = (request: ListTasksRequestValues): void => {
  const { family, serviceName, containerInstance, launchType, desiredStatus, startedBy } = request;
  const others = [family, serviceName, containerInstance, launchType, desiredStatus];
  if (startedBy !== undefined && others.some((filter) => filter !== undefined)) {
    throw invalidParameter("startedBy must be the only filter.");
  }
};

type ListTasksRequestValues = ReturnType<typeof parseListTasks>;
const parseListTasks = (body: unknown) => parseRequest(ListTasksRequest, body);

export const listTasks = async (ecs: Ecs, body: unknown, fault?: CallFault): Promise<View> => {
  const request = parseListTasks(body);
  const cluster = ecs.clusterOf(request.cluster);
  checkFilters(request);
  if (fault?.kind === "stale_list") return { taskArns: [] };
  const {
    family,
    startedBy,
    serviceName,
    containerInstance,
    launchType,
    desiredStatus = "RUNNING",
  } = request;
  const fits = (task: Task): boolean =>
    task.desiredStatus === desiredStatus &&
    (family === undefined || task.definition.family === lastPart(family)) &&
    (startedBy === undefined || task.startedBy === startedBy) &&
    (launchType === undefined || task.launchType === launchType) &&
    serviceName === undefined &&
    containerInstance === undefined;
  const arns = ecs.tasks
    .all(cluster)
    .map(({ task }) => task)
    .filter(fits)
    .map(({ arn }) => arn);
  const from = request.nextToken ? arns.indexOf(request.nextToken) : 0;
  if (from === -1) throw invalidParameter("Invalid token.");
  return {
    taskArns: arns.slice(from, from + request.maxResults),
    nextToken: arns[from + request.maxResults],
  };
};
