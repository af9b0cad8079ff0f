/**
 * The endpoint: AWS JSON 1.1 over HTTP for the SDK, and beside it, for tests and the curious,
 * `GET/POST/DELETE /_faults` and `POST /_tasks/{id}/{oom|spot|host_lost}`.
 */
import { randomUUID } from "node:crypto";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { json } from "node:stream/consumers";
import { setTimeout as delay } from "node:timers/promises";
import { z } from "zod";
import { describeClusters, describeTaskDefinition } from "./describe-calls.ts";
import { clientError, EcsError } from "./ecs-error.ts";
import type { Ecs } from "./ecs-state.ts";
import type { CallFault, FaultInput } from "./faults.ts";
import { runTask } from "./run-task.ts";
import { describeTasks, listTasks, stopTask } from "./task-calls.ts";
import { MISDIRECTED, namesThisMachine } from "@leo/core/this-machine.ts";
import type { View } from "./task-view.ts";

const TARGET = "AmazonEC2ContainerServiceV20141113.";

type Call = (ecs: Ecs, body: unknown, fault?: CallFault) => Promise<View>;

const CALLS: Record<string, Call> = {
  RunTask: runTask,
  StopTask: stopTask,
  DescribeTasks: describeTasks,
  ListTasks: listTasks,
  DescribeTaskDefinition: describeTaskDefinition,
  DescribeClusters: describeClusters,
};

const reply = (response: ServerResponse, status: number, body: unknown): void => {
  response.writeHead(status, {
    "content-type": "application/x-amz-json-1.1",
    "x-amzn-requestid": randomUUID(),
  });
  response.end(JSON.stringify(body));
};

const asEcsError = (error: unknown): EcsError => {
  if (error instanceof EcsError) return error;
  if (error instanceof z.ZodError) return clientError(z.prettifyError(error));
  if (error instanceof SyntaxError) return new EcsError("SerializationException", error.message);
  return new EcsError("ServerException", error instanceof Error ? error.message : String(error), 500);
};

const replyError = (response: ServerResponse, error: unknown): void => {
  const { type, message, status, details } = asEcsError(error);
  reply(response, status, { __type: type, message, ...details });
};

const errorOf = (fault: CallFault | undefined): EcsError | undefined => {
  if (fault?.kind === "throttle") return new EcsError("ThrottlingException", "Rate exceeded");
  if (fault?.kind === "server_error") return new EcsError("ServerException", "Service Unavailable", 500);
  if (fault?.kind === "exception") return new EcsError(fault.name, fault.message, fault.status);
  if (fault?.kind === "access_denied") {
    return new EcsError("AccessDeniedException", `User is not authorized to perform: ecs:${fault.operation}`);
  }
  return undefined;
};

const answerCall = async (
  ecs: Ecs,
  operation: string,
  request: IncomingMessage,
  response: ServerResponse,
) => {
  const call = CALLS[operation];
  if (!call)
    throw new EcsError("UnknownOperationException", `${operation} is not part of the local endpoint`);
  const body = await json(request);
  ecs.checkLimits(operation);
  const fault = ecs.faults.forCall(operation);
  if (fault?.kind === "dropped_request") {
    request.socket.destroy();
    return;
  }
  const error = errorOf(fault);
  if (error) throw error;
  const result = await call(ecs, body, fault);
  if (fault?.kind === "lost_reply") {
    request.socket.destroy();
    return;
  }
  if (fault?.kind === "slow_reply") await delay(fault.delayMs);
  reply(response, 200, result);
};

const answerFaults = async (ecs: Ecs, request: IncomingMessage, response: ServerResponse) => {
  if (request.method === "DELETE") ecs.faults.clear();
  if (request.method === "POST") {
    const body = await json(request);
    ecs.faults.add(...((Array.isArray(body) ? body : [body]) as FaultInput[]));
  }
  reply(response, 200, ecs.faults.list());
};

const TaskFaultPath = /^\/_tasks\/([^/]+)\/(oom|spot|host_lost)$/;

const answer = async (ecs: Ecs, request: IncomingMessage, response: ServerResponse): Promise<void> => {
  if (!namesThisMachine(request.headers.host)) {
    throw new EcsError("AccessDeniedException", MISDIRECTED.message, MISDIRECTED.status);
  }
  // No web page has business here, and a browser always sends its origin with a POST.
  if (request.headers.origin) throw new EcsError("AccessDeniedException", "Not for browsers.", 403);
  if (request.url === "/_faults") return answerFaults(ecs, request, response);
  const [, id, kind] = TaskFaultPath.exec(request.url ?? "") ?? [];
  if (id && kind) {
    ecs.tasks.find(ecs.cluster, id)?.runner.befall(kind as "oom" | "spot" | "host_lost");
    return reply(response, 200, {});
  }
  const target = request.headers["x-amz-target"];
  if (typeof target !== "string" || !target.startsWith(TARGET)) throw clientError("x-amz-target is missing");
  return answerCall(ecs, target.slice(TARGET.length), request, response);
};

/** The HTTP server, not listening yet. */
export const ecsServer = (ecs: Ecs): Server =>
  // A client that asks again on a connection just as the server closes it for being idle sees a broken one.
  createServer({ keepAliveTimeout: 0 }, (request, response) => {
    answer(ecs, request, response).catch((error: unknown) => replyError(response, error));
  });
