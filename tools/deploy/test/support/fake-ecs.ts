/** A service of ECS and a site behind a load balancer, on loopback; what they answer is set by the test. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { ECSClient, type Deployment, type Service, type Task } from "@aws-sdk/client-ecs";

export interface Stage {
  /** What DescribeServices answers, in turn; the last one stays. */
  services: Partial<Service>[];
  /** Revision that the family's name stands for. */
  newest: number;
  stopped?: Task[];
  /** Lines of every stopped task's log. */
  log?: string[];
  /** Status of /health, in turn; the last one stays. */
  health?: number[];
  environment?: { name: string; value: string }[];
}

export const definition = (revision: number) =>
  `arn:aws:ecs:us-east-1:111122223333:task-definition/leo-saas-app:${revision}`;

export const deployment = (revision: number, rest: Partial<Deployment>): Deployment => ({
  taskDefinition: definition(revision),
  status: "PRIMARY",
  rolloutState: "COMPLETED",
  runningCount: 1,
  desiredCount: 1,
  ...rest,
});

/** Times as AWS's JSON has them: seconds since 1970. */
function inSeconds(this: Record<string, unknown>, key: string, value: unknown): unknown {
  const original = this[key];
  return original instanceof Date ? original.getTime() / 1_000 : value;
}

const IDENTITY = `<GetCallerIdentityResponse><GetCallerIdentityResult>
  <Arn>arn:aws:iam::111122223333:user/ada</Arn><Account>111122223333</Account>
</GetCallerIdentityResult></GetCallerIdentityResponse>`;
const DENIED = "<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>";
/** By which the preflight knows what an earlier deploy of the stage made. */
const SST_TAGS = [
  { key: "sst:app", value: "leo-saas" },
  { key: "sst:stage", value: "prod" },
];

const inTurn = <T>(answers: T[]): T | undefined => (answers.length > 1 ? answers.shift() : answers[0]);

export const withFakeEcs = async (stage: Stage, run: (ecs: ECSClient, url: string) => Promise<void>) => {
  const calls: Record<string, (origin: string) => unknown> = {
    DescribeServices: () => {
      const service = inTurn(stage.services);
      return { services: service ? [{ status: "ACTIVE", tags: SST_TAGS, ...service }] : [] };
    },
    DescribeTaskDefinition: (origin) => ({
      taskDefinition: {
        family: "leo-saas-app",
        revision: stage.newest,
        taskDefinitionArn: definition(stage.newest),
        containerDefinitions: [
          { environment: stage.environment ?? [{ name: "LEO_PUBLIC_URL", value: origin }] },
        ],
      },
    }),
    ListTasks: () => ({ taskArns: (stage.stopped ?? []).map(({ taskArn }) => taskArn) }),
    DescribeTasks: () => ({ tasks: stage.stopped ?? [] }),
    GetServiceQuota: () => ({ Quota: { Value: 100 } }),
    GetLogEvents: () => ({ events: (stage.log ?? []).map((message) => ({ message })) }),
  };
  const server = createServer((request, response) => {
    const origin = `http://${request.headers.host}`;
    let body = "";
    request.on("data", (chunk: Buffer) => {
      body += chunk.toString("utf8");
    });
    request.on("end", () => {
      if (request.url === "/health") {
        response.statusCode = inTurn(stage.health ?? [200]) ?? 200;
        response.end("{}");
        return;
      }
      if (request.headers["x-amz-target"] === undefined) {
        const isIdentity = body.includes("Action=GetCallerIdentity");
        response.writeHead(isIdentity ? 200 : 403, { "content-type": "text/xml" });
        response.end(isIdentity ? IDENTITY : DENIED);
        return;
      }
      const operation = String(request.headers["x-amz-target"]).split(".").at(-1) ?? "";
      response.setHeader("content-type", "application/x-amz-json-1.1");
      const answer = calls[operation];
      // Whatever else the preflight reads: these credentials may not.
      if (!answer) response.statusCode = 403;
      response.end(JSON.stringify(answer ? answer(origin) : { __type: "AccessDeniedException" }, inSeconds));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const ecs = new ECSClient({
    endpoint: url,
    region: "us-east-1",
    credentials: { accessKeyId: "LEOTEST", secretAccessKey: "local" },
  });
  try {
    await run(ecs, url);
  } finally {
    ecs.destroy();
    server.closeAllConnections();
    server.close();
  }
};
