/** Every item of "What RunTask answers" in docs/lifecycle.md, as responses and errors of the SDK. */
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { classifyAnswer, classifyError, type LaunchOutcome } from "../../src/task/outcome.ts";
import { placeOf } from "../../src/task/placement.ts";
import { createRateLimit } from "../../src/task/rate-limit.ts";

const page = await readFile(new URL("../../../../docs/lifecycle.md", import.meta.url), "utf8");

const failed = (reason: string, detail?: string) => () =>
  classifyAnswer({ tasks: [], failures: [{ reason, detail }] });
const thrown =
  (name: string, message = "", more: object = {}) =>
  () =>
    classifyError(Object.assign(new Error(message), { name, ...more }));

type Kind = LaunchOutcome["kind"];

const ROWS: Record<string, { kind: Kind; samples: (() => LaunchOutcome)[] }> = {
  "a task": {
    kind: "started",
    samples: [() => classifyAnswer({ tasks: [{ taskArn: "arn:task/1" }], failures: [] })],
  },
  "network error, timeout, 5xx, `ServerException`": {
    kind: "retry_same",
    samples: [
      thrown("Error", "read ECONNRESET", { code: "ECONNRESET" }),
      thrown("TimeoutError", "Request timed out"),
      thrown("ServerException", "Service Unavailable", { $metadata: { httpStatusCode: 500 } }),
      thrown("ServiceUnavailableException", "", { $metadata: { httpStatusCode: 503 } }),
    ],
  },
  "`ThrottlingException`, “Rate exceeded”": {
    kind: "retry_same",
    samples: [thrown("ThrottlingException", "Rate exceeded"), thrown("ClientException", "Rate exceeded")],
  },
  "`ConflictException`": {
    kind: "started",
    samples: [thrown("ConflictException", "other parameters", { resourceIds: ["arn:task/1"] })],
  },
  "`ConflictException` that names nothing": {
    kind: "look_up",
    samples: [thrown("ConflictException"), thrown("ConflictException", "", { resourceIds: [] })],
  },
  "“Capacity is unavailable at this time”": {
    kind: "capacity",
    samples: [
      failed(
        "Capacity is unavailable at this time. Please try again later or in a different availability zone",
      ),
    ],
  },
  "“You've reached the limit on the number of vCPUs”": {
    kind: "quota",
    samples: [failed("You've reached the limit on the number of vCPUs you can run concurrently")],
  },
  "`RESOURCE:*`, `AGENT`": {
    kind: "retry_new",
    samples: [failed("RESOURCE:ENI"), failed("RESOURCE:MEMORY"), failed("AGENT")],
  },
  "any other failure": { kind: "fatal", samples: [failed("MISSING"), failed("LOCATION", "no such zone")] },
  "“TaskDefinition is inactive”": {
    kind: "inactive_definition",
    samples: [thrown("ClientException", "TaskDefinition is inactive")],
  },
  "`AccessDeniedException`, `InvalidParameterException`, `Platform*`, `Blocked*`": {
    kind: "fatal",
    samples: [
      thrown("AccessDeniedException", "not authorized to perform: ecs:RunTask"),
      thrown("InvalidParameterException", "subnets can not be empty."),
      thrown("PlatformUnknownException"),
      thrown("PlatformTaskDefinitionIncompatibilityException"),
      thrown("BlockedException"),
      thrown("ClientException", "No Fargate configuration exists for given values"),
    ],
  },
  "no task and no failure": { kind: "look_up", samples: [() => classifyAnswer({ tasks: [], failures: [] })] },
};

test.each(Object.entries(ROWS))("%s", (_row, { kind, samples }) => {
  expect(samples.map((sample) => sample().kind)).toEqual(samples.map(() => kind));
});

test("docs/lifecycle.md lists these answers", () => {
  const [, list = ""] = /## What RunTask answers\n([\s\S]*?)\n## /.exec(page) ?? [];
  const items = [...list.matchAll(/^- \*\*(.+?)\*\*: /gm)].map(([, answer]) => answer);
  expect(items).toEqual(Object.keys(ROWS));
});

test("a conflict names the existing task, a lost one has spent its token", () => {
  expect(thrown("ConflictException", "", { resourceIds: ["arn:task/1"] })()).toEqual({
    kind: "started",
    taskArn: "arn:task/1",
  });
  expect(thrown("ConflictException")()).toMatchObject({ isTokenSpent: true });
  expect(classifyAnswer({ tasks: [], failures: [] })).toMatchObject({ isTokenSpent: false });
});

test("refusals go through the subnets, then to the next capacity provider, and round again", () => {
  const config = {
    LEO_GENERATOR_SUBNETS: ["a", "b"],
    LEO_CAPACITY_PROVIDERS: ["FARGATE_SPOT" as const, "FARGATE" as const],
  };
  const places = [0, 1, 2, 3, 4].map((refusals) => placeOf(config, false, refusals));
  expect(places.map(({ subnet, capacityProvider }) => `${subnet} ${capacityProvider}`)).toEqual([
    "a FARGATE_SPOT",
    "b FARGATE_SPOT",
    "a FARGATE",
    "b FARGATE",
    "a FARGATE_SPOT",
  ]);
  expect(placeOf(config, true, 0)).toEqual({ subnet: "a", capacityProvider: "FARGATE" });
});

test("calls of RunTask are let through ten a second, however many launches wait", () => {
  const rate = createRateLimit(10, () => 1);
  const waitsMs = Array.from({ length: 30 }, () => rate.reserve());
  expect(waitsMs[0]).toBe(0);
  for (const [index, waitMs] of waitsMs.entries()) {
    // What the loop itself took is off each wait.
    expect(waitMs).toBeLessThan(index * 100 + 1);
    expect(waitMs).toBeGreaterThan(index * 100 - 50);
  }
});
