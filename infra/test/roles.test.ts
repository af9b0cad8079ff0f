/** Two stages of one account: what each role may and may not do, and that they share nothing. */
import { beforeAll, describe, expect, test } from "vitest";
import type { Graph } from "../../tools/plan/graph/graph.ts";
import { graphOf } from "../../tools/plan/graph/run-graph.ts";
import { all, one } from "./support/find.ts";
import { allowForGraphs } from "./support/graphs.ts";
import { isAllowed, role, type Request, type Role } from "./support/iam.ts";

const aws = (service: string, resource: string) => `arn:aws:${service}:us-east-1:111122223333:${resource}`;
const object = (key: string, suffix = "") =>
  `arn:aws:s3:::leo-saas-generated-apps-111122223333${suffix}/${key}`;
const iamRole = (name: string) => `arn:aws:iam::111122223333:role/${name}`;
const CLUSTER = aws("ecs", "cluster/leo-saas");
const inCluster = { "ecs:cluster": CLUSTER };
const toTasks = { "iam:PassedToService": "ecs-tasks.amazonaws.com" };
const SECRETS = [
  "supabase-url",
  "supabase-anon-key",
  "supabase-service-role-key",
  "database-url",
  "github-bot-token",
  "fly-api-token",
  "claude-oauth-token",
];
const secret = (name: string, prefix = "leo-saas") =>
  aws("secretsmanager", `secret:${prefix}/${name}-AbCdEf`);

allowForGraphs();
let prod: Graph;
let ada: Graph;
beforeAll(async () => {
  prod = await graphOf({ stage: "prod" });
  ada = await graphOf({ stage: "ada" });
});

const expectMay = ({ statements }: Role, request: Request) =>
  expect(isAllowed(statements, request), `may ${request.action} on ${request.resource}`).toBe(true);
const expectMayNot = ({ statements }: Role, request: Request) =>
  expect(isAllowed(statements, request), `may not ${request.action} on ${request.resource}`).toBe(false);

const ROLES = [
  "OrchestratorTaskRole",
  "OrchestratorExecutionRole",
  "GeneratorTaskRole",
  "GeneratorExecutionRole",
  "ReaperHandlerRole",
];

describe("every role", () => {
  test("there is no other one", () => {
    const names = prod.resources.filter(({ type }) => type === "aws:iam/role:Role").map(({ name }) => name);
    expect(names.toSorted()).toEqual(ROLES.toSorted());
  });

  test.for(ROLES)("%s names its actions, and takes nothing from a managed policy", (name) => {
    const { statements, managedPolicies } = role(prod, name);
    expect(managedPolicies).toEqual([]);
    for (const { Action } of statements) expect([Action].flat().join()).not.toContain("*");
  });

  test.for(ROLES)("%s has all resources only where AWS has no narrower", (name) => {
    const open = role(prod, name).statements.filter(({ Resource }) => [Resource].flat().includes("*"));
    for (const { Action, Condition } of open) {
      const actions = [Action].flat();
      const isNarrowed = Condition?.ArnEquals?.["ecs:cluster"] === CLUSTER;
      const allowed = isNarrowed
        ? ["ecs:ListTasks"]
        : ["ecr:GetAuthorizationToken", "servicequotas:GetServiceQuota"];
      expect(allowed).toEqual(expect.arrayContaining(actions));
    }
  });

  test.for(ROLES)("%s is taken by its service alone", (name) => {
    const { Statement } = JSON.parse(role(prod, name).trusted) as { Statement: { Principal: object }[] };
    const service = name === "ReaperHandlerRole" ? "lambda.amazonaws.com" : "ecs-tasks.amazonaws.com";
    expect(Statement.map(({ Principal }) => Principal)).toEqual([{ Service: service }]);
  });
});

describe("orchestrator task", () => {
  const RUN = { action: "ecs:RunTask", context: inCluster };
  const orchestrator = () => role(prod, "OrchestratorTaskRole");

  test("runs the generator family in its cluster, and no other family, cluster or stage", () => {
    expectMay(orchestrator(), { ...RUN, resource: aws("ecs", "task-definition/leo:7") });
    expectMayNot(orchestrator(), { ...RUN, resource: aws("ecs", "task-definition/leo-ada:7") });
    expectMayNot(orchestrator(), { ...RUN, resource: aws("ecs", "task-definition/leo-saas-app:7") });
    expectMayNot(orchestrator(), {
      ...RUN,
      resource: aws("ecs", "task-definition/leo:7"),
      context: { "ecs:cluster": aws("ecs", "cluster/leo-saas-ada") },
    });
  });

  test("stops, describes and lists tasks of its cluster only", () => {
    for (const action of ["ecs:StopTask", "ecs:DescribeTasks"]) {
      expectMay(orchestrator(), { action, resource: aws("ecs", "task/leo-saas/0123abcd") });
      expectMayNot(orchestrator(), { action, resource: aws("ecs", "task/leo-saas-ada/0123abcd") });
    }
    expectMay(orchestrator(), { action: "ecs:ListTasks", resource: "*", context: inCluster });
    expectMayNot(orchestrator(), {
      action: "ecs:ListTasks",
      resource: "*",
      context: { "ecs:cluster": aws("ecs", "cluster/other") },
    });
  });

  test("tags a task while it is made, not later", () => {
    const tag = { action: "ecs:TagResource", resource: aws("ecs", "task/leo-saas/0123abcd") };
    expectMay(orchestrator(), { ...tag, context: { "ecs:CreateAction": "RunTask" } });
    expectMayNot(orchestrator(), tag);
  });

  test("passes the two generator roles to ECS tasks, and no other role or service", () => {
    const pass = { action: "iam:PassRole", context: toTasks };
    expectMay(orchestrator(), { ...pass, resource: iamRole("leo-saas-generator-task") });
    expectMay(orchestrator(), { ...pass, resource: iamRole("leo-saas-generator-execution") });
    expectMayNot(orchestrator(), { ...pass, resource: iamRole("Admin") });
    expectMayNot(orchestrator(), { ...pass, resource: iamRole("leo-saas-ada-generator-task") });
    expectMayNot(orchestrator(), {
      ...pass,
      resource: iamRole("leo-saas-generator-task"),
      context: { "iam:PassedToService": "lambda.amazonaws.com" },
    });
  });

  test("reads, writes, deletes and lists objects, but does not change the bucket", () => {
    for (const action of ["s3:GetObject", "s3:PutObject", "s3:DeleteObject"]) {
      expectMay(orchestrator(), { action, resource: object("apps/a/g/1/manifest.json") });
      expectMayNot(orchestrator(), { action, resource: object("apps/a", "-ada") });
    }
    const bucket = "arn:aws:s3:::leo-saas-generated-apps-111122223333";
    expectMay(orchestrator(), { action: "s3:ListBucket", resource: bucket });
    for (const action of ["s3:DeleteBucket", "s3:PutBucketPolicy", "s3:PutLifecycleConfiguration"]) {
      expectMayNot(orchestrator(), { action, resource: bucket });
    }
  });

  test("receives and deletes task events, and does not send any", () => {
    const resource = aws("sqs", "leo-saas-task-events");
    expectMay(orchestrator(), { action: "sqs:ReceiveMessage", resource });
    expectMay(orchestrator(), { action: "sqs:DeleteMessage", resource });
    expectMayNot(orchestrator(), { action: "sqs:SendMessage", resource });
    expectMayNot(orchestrator(), {
      action: "sqs:ReceiveMessage",
      resource: aws("sqs", "leo-saas-task-events-ada"),
    });
  });

  test("reads this stage's secrets, not another's, and changes none", () => {
    const read = { action: "secretsmanager:GetSecretValue" };
    for (const name of SECRETS) {
      expectMay(orchestrator(), { ...read, resource: secret(name) });
      expectMayNot(orchestrator(), { ...read, resource: secret(name, "leo-saas-ada") });
    }
    expectMayNot(orchestrator(), {
      action: "secretsmanager:PutSecretValue",
      resource: secret("database-url"),
    });
  });

  test("reads quotas; opens no shell", () => {
    expectMay(orchestrator(), { action: "servicequotas:GetServiceQuota", resource: "*" });
    expectMayNot(orchestrator(), { action: "ssmmessages:OpenControlChannel", resource: "*" });
  });
});

describe("generator task", () => {
  const generator = () => role(prod, "GeneratorTaskRole");
  const put = { action: "s3:PutObject", resource: object("apps/a/g/1/source/index.html") };
  const creating = { "s3:ObjectCreationOperation": "true" };

  test("creates an object", () => {
    expectMay(generator(), { ...put, context: { ...creating, "s3:if-none-match": "*" } });
  });

  test("uploads the parts of an object, which create nothing", () => {
    expectMay(generator(), { ...put, context: { "s3:ObjectCreationOperation": "false" } });
  });

  test("cannot overwrite an object: a create request must carry If-None-Match", () => {
    expectMayNot(generator(), { ...put, context: creating });
    expectMayNot(generator(), put);
  });

  test("cannot write outside apps/ or into another stage's bucket", () => {
    const context = { ...creating, "s3:if-none-match": "*" };
    expectMayNot(generator(), { ...put, context, resource: object("index.html") });
    expectMayNot(generator(), { ...put, context, resource: object("apps/a/g/1/source/index.html", "-ada") });
  });

  test.for([
    ["s3:GetObject", object("apps/a/g/1/manifest.json")],
    ["s3:ListBucket", "arn:aws:s3:::leo-saas-generated-apps-111122223333"],
    ["s3:DeleteObject", object("apps/a/g/1/manifest.json")],
    ["s3:PutObjectAcl", object("apps/a/g/1/manifest.json")],
    ["secretsmanager:GetSecretValue", secret("claude-oauth-token")],
    ["ecs:RunTask", aws("ecs", "task-definition/leo:1")],
    ["ecs:StopTask", aws("ecs", "task/leo-saas/0123abcd")],
    ["sqs:ReceiveMessage", aws("sqs", "leo-saas-task-events")],
    ["sts:AssumeRole", iamRole("Admin")],
  ] as const)("may not %s", ([action, resource]) => {
    expectMayNot(generator(), { action, resource, context: { ...inCluster, "s3:if-none-match": "*" } });
  });
});

describe("orchestrator execution", () => {
  const execution = () => role(prod, "OrchestratorExecutionRole");

  test("pulls from its repository only", () => {
    expectMay(execution(), { action: "ecr:GetAuthorizationToken", resource: "*" });
    for (const action of [
      "ecr:BatchGetImage",
      "ecr:GetDownloadUrlForLayer",
      "ecr:BatchCheckLayerAvailability",
    ]) {
      expectMay(execution(), { action, resource: aws("ecr", "repository/leo-saas-app") });
      expectMayNot(execution(), { action, resource: aws("ecr", "repository/leo") });
      expectMayNot(execution(), { action, resource: aws("ecr", "repository/leo-saas-app-ada") });
    }
    expectMayNot(execution(), { action: "ecr:PutImage", resource: aws("ecr", "repository/leo-saas-app") });
  });

  test("writes to its log group only", () => {
    const write = { action: "logs:PutLogEvents" };
    expectMay(execution(), { ...write, resource: aws("logs", "log-group:/ecs/leo-saas-app:log-stream:x") });
    expectMayNot(execution(), { ...write, resource: aws("logs", "log-group:/ecs/leo:log-stream:x") });
    expectMayNot(execution(), {
      ...write,
      resource: aws("logs", "log-group:/ecs/leo-saas-app-ada:log-stream:x"),
    });
  });

  test("reads the secrets that it injects, no other one, no parameter and no other stage's secret", () => {
    const read = { action: "secretsmanager:GetSecretValue" };
    const injected = ["supabase-url", "supabase-anon-key", "database-url", "github-bot-token"];
    for (const name of injected) expectMay(execution(), { ...read, resource: secret(name) });
    for (const name of ["supabase-service-role-key", "fly-api-token", "claude-oauth-token"])
      expectMayNot(execution(), { ...read, resource: secret(name) });
    expectMayNot(execution(), { ...read, resource: secret("database-url", "leo-saas-ada") });
    expectMayNot(execution(), { ...read, resource: secret("something-else") });
    expectMayNot(execution(), { action: "ssm:GetParameters", resource: aws("ssm", "parameter/x") });
  });
});

describe("generator execution", () => {
  const execution = () => role(prod, "GeneratorExecutionRole");

  test("pulls from the generator's repository only", () => {
    expectMay(execution(), { action: "ecr:BatchGetImage", resource: aws("ecr", "repository/leo") });
    expectMayNot(execution(), {
      action: "ecr:BatchGetImage",
      resource: aws("ecr", "repository/leo-saas-app"),
    });
    expectMayNot(execution(), { action: "ecr:BatchGetImage", resource: aws("ecr", "repository/leo-ada") });
  });

  test("writes to the generator's log group only", () => {
    const write = { action: "logs:PutLogEvents" };
    expectMay(execution(), { ...write, resource: aws("logs", "log-group:/ecs/leo:log-stream:x") });
    expectMayNot(execution(), { ...write, resource: aws("logs", "log-group:/ecs/leo-ada:log-stream:x") });
    expectMayNot(execution(), {
      ...write,
      resource: aws("logs", "log-group:/ecs/leo-saas-app:log-stream:x"),
    });
  });

  test("reads the Claude token and no other secret", () => {
    const read = { action: "secretsmanager:GetSecretValue" };
    expectMay(execution(), { ...read, resource: secret("claude-oauth-token") });
    for (const name of SECRETS.slice(0, -1)) expectMayNot(execution(), { ...read, resource: secret(name) });
    expectMayNot(execution(), { ...read, resource: secret("claude-oauth-token", "leo-saas-ada") });
  });
});

describe("reaper", () => {
  const reaper = () => role(prod, "ReaperHandlerRole");

  test("lists, describes and stops tasks of its cluster only", () => {
    expectMay(reaper(), { action: "ecs:ListTasks", resource: "*", context: inCluster });
    expectMayNot(reaper(), { action: "ecs:ListTasks", resource: "*" });
    for (const action of ["ecs:DescribeTasks", "ecs:StopTask"]) {
      expectMay(reaper(), { action, resource: aws("ecs", "task/leo-saas/0123abcd") });
      expectMayNot(reaper(), { action, resource: aws("ecs", "task/leo-saas-ada/0123abcd") });
    }
  });

  test("runs nothing, reads no secret and no object", () => {
    expectMayNot(reaper(), {
      action: "ecs:RunTask",
      resource: aws("ecs", "task-definition/leo:1"),
      context: inCluster,
    });
    expectMayNot(reaper(), { action: "secretsmanager:GetSecretValue", resource: secret("database-url") });
    expectMayNot(reaper(), { action: "s3:GetObject", resource: object("apps/a") });
  });
});

describe("another stage in the same account", () => {
  test("has names of its own", () => {
    const physicalNames = (graph: Graph) =>
      graph.resources
        .filter(({ type }) =>
          /^aws:(ecs|ecr|s3.bucketV2|sqs|sns|iam|logs|cloudwatch|lambda|lb|budgets|secrets)/.test(type),
        )
        .map(({ inputs }) => inputs.family ?? inputs.bucket ?? inputs.name ?? inputs.dashboardName)
        .filter((name) => typeof name === "string");
    expect(physicalNames(ada).length).toBeGreaterThan(30);
    expect([...new Set(physicalNames(prod)).intersection(new Set(physicalNames(ada)))]).toEqual([]);
  });

  test("leaves nothing behind when it is removed", () => {
    expect(one(ada, "s3/bucketV2:BucketV2").forceDestroy).toBe(true);
    expect(one(ada, "lb/loadBalancer:LoadBalancer").enableDeletionProtection).toBe(false);
    expect(all(ada, "ecr/repository:Repository").map(({ inputs }) => inputs.forceDelete)).toEqual([
      true,
      true,
    ]);
    const waits = all(ada, "secretsmanager/secret:Secret").map(({ inputs }) => inputs.recoveryWindowInDays);
    expect(new Set(waits)).toEqual(new Set([0]));
    expect(ada.resources.filter(({ options }) => options.retainOnDelete)).toEqual([]);
  });

  test("is removed in an order in which nothing starts or needs a generator that is stopped", () => {
    const made = (type: string) => all(ada, type)[0];
    const end = made("lambda/invocation:Invocation");
    expect(end?.inputs).toMatchObject({ functionName: "leo-saas-reaper-ada", lifecycleScope: "CRUD" });
    expect(made("ecs/service:Service")?.dependencies).toContain("GeneratorsEnd");
    expect(end?.dependencies).toEqual(
      expect.arrayContaining(["ClusterCluster", "GeneratorGroup", "GeneratorTask", "ReaperHandlerFunction"]),
    );
  });

  test("in another Region shares no name with the first, where AWS knows a name once", async () => {
    const elsewhere = await graphOf({ stage: "prod", settings: { LEO_REGION: "eu-west-1" } });
    const globalNames = (graph: Graph) => [
      ...all(graph, "iam/role:Role").map(({ inputs }) => inputs.name),
      ...all(graph, "budgets/budget:Budget").map(({ inputs }) => inputs.name),
      ...all(graph, "cloudwatch/dashboard:Dashboard").map(({ inputs }) => inputs.dashboardName),
      ...all(graph, "s3/bucketV2:BucketV2").map(({ inputs }) => inputs.bucket),
    ];
    const given = globalNames(prod).filter((name) => name !== undefined);
    expect(given.length).toBeGreaterThanOrEqual(5);
    expect(new Set(given).intersection(new Set(globalNames(elsewhere)))).toEqual(new Set());
  });

  test("has its own of everything that prod's roles may touch", () => {
    const orchestrator = role(ada, "OrchestratorTaskRole");
    const adaCluster = { "ecs:cluster": aws("ecs", "cluster/leo-saas-ada") };
    expectMay(orchestrator, {
      action: "ecs:RunTask",
      resource: aws("ecs", "task-definition/leo-ada:1"),
      context: adaCluster,
    });
    expectMay(orchestrator, {
      action: "secretsmanager:GetSecretValue",
      resource: secret("database-url", "leo-saas-ada"),
    });
    expectMay(orchestrator, { action: "s3:GetObject", resource: object("apps/a", "-ada") });
  });

  test("reaches nothing of prod's", () => {
    for (const name of ROLES) {
      const other = role(ada, name);
      for (const own of SECRETS) {
        expectMayNot(other, { action: "secretsmanager:GetSecretValue", resource: secret(own) });
      }
      expectMayNot(other, { action: "s3:GetObject", resource: object("apps/a") });
      expectMayNot(other, {
        action: "s3:PutObject",
        resource: object("apps/a"),
        context: { "s3:if-none-match": "*" },
      });
      expectMayNot(other, {
        action: "ecs:RunTask",
        resource: aws("ecs", "task-definition/leo:1"),
        context: inCluster,
      });
      expectMayNot(other, { action: "ecs:StopTask", resource: aws("ecs", "task/leo-saas/0123abcd") });
      expectMayNot(other, {
        action: "iam:PassRole",
        resource: iamRole("leo-saas-generator-task"),
        context: toTasks,
      });
    }
  });
});
