/** The real reader, with AWS's own SDK and registries' HTTP API, against servers on loopback. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, test } from "vitest";
import { awsReader } from "../aws-reader.ts";
import type { NamedKind, Reader } from "../facts.ts";
import { parseImage, readPublicImage, registryProblem } from "../registry.ts";

interface Reply {
  status?: number;
  headers?: Record<string, string>;
  body?: unknown;
}
interface Asked {
  /** The operation of AWS's JSON and query protocols; the path of the others. */
  operation: string;
  path: string;
  headers: Record<string, string | string[] | undefined>;
}

const withServer = async <T>(
  handle: (asked: Asked) => Reply,
  run: (url: string) => Promise<T>,
): Promise<T> => {
  const server = createServer((request, response) => {
    let text = "";
    request.on("data", (chunk: Buffer) => (text += chunk.toString()));
    request.on("end", () => {
      const { url = "", headers } = request;
      const target = headers["x-amz-target"];
      const operation =
        typeof target === "string"
          ? (target.split(".").at(-1) ?? "")
          : (new URLSearchParams(text).get("Action") ?? url);
      const { status = 200, headers: sent, body = {} } = handle({ operation, path: url, headers });
      const type = typeof target === "string" ? "application/x-amz-json-1.1" : "text/xml";
      response
        .writeHead(status, { "content-type": type, ...sent })
        .end(typeof body === "string" ? body : JSON.stringify(body));
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  try {
    return await run(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
};

const IDENTITY = `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>
<Arn>arn:aws:iam::111122223333:user/ada</Arn><UserId>x</UserId><Account>111122223333</Account>
</GetCallerIdentityResult></GetCallerIdentityResponse>`;
const jsonError = (code: string): Reply => ({ status: 400, body: { __type: code, message: "no" } });
const xmlError = (code: string, status = 403): Reply => ({
  status,
  body: `<ErrorResponse><Error><Code>${code}</Code><Message>no</Message></Error></ErrorResponse>`,
});

/** Answers by operation; a service that a test says nothing about does not allow the call. */
const withReader = <T>(answers: Record<string, Reply>, run: (reader: Reader) => Promise<T>): Promise<T> =>
  withServer(
    ({ operation }) =>
      operation === "GetCallerIdentity"
        ? (answers.GetCallerIdentity ?? { body: IDENTITY })
        : (answers[operation] ?? jsonError("AccessDeniedException")),
    async (url) => {
      const before = { ...process.env };
      const set = { AWS_ENDPOINT_URL: url, AWS_ACCESS_KEY_ID: "LEOTEST", AWS_SECRET_ACCESS_KEY: "local" };
      Object.assign(process.env, set);
      delete process.env.AWS_PROFILE;
      const reader = awsReader(
        { name: "prod", region: "us-east-1" },
        process.env,
        AbortSignal.timeout(60_000),
      );
      try {
        return await run(reader);
      } finally {
        reader.close();
        for (const name of Object.keys(set)) delete process.env[name];
        Object.assign(process.env, before);
      }
    },
  );

const ownerOf = (kind: NamedKind, name: string, answers: Record<string, Reply>) =>
  withReader(answers, (reader) => reader.owner({ kind, name }));

const OURS = [
  { Key: "sst:app", Value: "leo-saas" },
  { Key: "sst:stage", Value: "prod" },
];

describe("who has a name", () => {
  test.for([
    ["nobody", jsonError("ResourceNotFoundException"), { owner: "nobody" }],
    ["this stage", { body: { Tags: OURS } }, { owner: "stage" }],
    [
      "another stage",
      { body: { Tags: [OURS[0], { Key: "sst:stage", Value: "ada" }] } },
      { owner: "other", by: "stage ada of the SST app leo-saas" },
    ],
    [
      "a CDK stack",
      { body: { Tags: [{ Key: "aws:cloudformation:stack-name", Value: "LeoStack" }] } },
      { owner: "other", by: "the CloudFormation stack LeoStack" },
    ],
    ["somebody", { body: {} }, { owner: "other" }],
    [
      "a deletion to come",
      { body: { DeletedDate: 1_798_000_000, Tags: OURS } },
      { owner: "deletion", until: new Date(1_798_000_000_000) },
    ],
  ] as const)("a secret: %s", async ([, reply, owner]) => {
    expect(await ownerOf("secret", "leo-saas/database-url", { DescribeSecret: reply })).toEqual(owner);
  });

  test("a repository and a log group are asked for their tags, by exact name", async () => {
    const repository = {
      body: { repositories: [{ repositoryArn: "arn:aws:ecr:us-east-1:111122223333:repository/leo" }] },
    };
    const answers = { DescribeRepositories: repository, ListTagsForResource: { body: { tags: OURS } } };
    expect(await ownerOf("ECR repository", "leo", answers)).toEqual({ owner: "stage" });
    const none = { DescribeRepositories: jsonError("RepositoryNotFoundException") };
    expect(await ownerOf("ECR repository", "leo", none)).toEqual({ owner: "nobody" });
    const longer = { DescribeLogGroups: { body: { logGroups: [{ logGroupName: "/ecs/leo-saas-app" }] } } };
    expect(await ownerOf("log group", "/ecs/leo", longer)).toEqual({ owner: "nobody" });
  });

  test("a refusal names the action, and is told from silence", async () => {
    await expect(ownerOf("ECR repository", "leo", {})).rejects.toMatchObject({
      action: "ecr:DescribeRepositories",
      isDenied: true,
    });
    await expect(
      ownerOf("IAM role", "leo-saas-generator-task", { GetRole: xmlError("AccessDenied") }),
    ).rejects.toMatchObject({
      action: "iam:GetRole",
      isDenied: true,
    });
    const broken = { DescribeRepositories: jsonError("ServerException") };
    await expect(ownerOf("ECR repository", "leo", broken)).rejects.toMatchObject({ isDenied: false });
  });
});

test("the account is AWS's answer, and a refusal is thrown as it is", async () => {
  expect(await withReader({}, (reader) => reader.account())).toBe("111122223333");
  const expired = { GetCallerIdentity: xmlError("ExpiredToken") };
  await expect(withReader(expired, (reader) => reader.account())).rejects.toMatchObject({
    name: /ExpiredToken/,
  });
});

test("a quota that was never raised is its default", async () => {
  const answers = {
    GetServiceQuota: jsonError("NoSuchResourceException"),
    GetAWSDefaultServiceQuota: { body: { Quota: { Value: 5 } } },
  };
  const quota = { serviceCode: "vpc", quotaCode: "L-F678F1CE" };
  expect(await withReader(answers, (reader) => reader.quota(quota))).toBe(5);
});

test("what has no answer in time is not waited for", async () => {
  const server = createServer(() => undefined).listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const url = {
    AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
    SST_AWS_ACCESS_KEY_ID: "x",
    SST_AWS_SECRET_ACCESS_KEY: "y",
  };
  process.env.AWS_ENDPOINT_URL = url.AWS_ENDPOINT_URL;
  try {
    const reader = awsReader({ name: "prod", region: "us-east-1" }, url, AbortSignal.timeout(300));
    await expect(reader.account()).rejects.toThrow(/./);
    await expect(reader.vpcs()).rejects.toMatchObject({ action: "ec2:DescribeVpcs", isDenied: false });
    reader.close();
  } finally {
    delete process.env.AWS_ENDPOINT_URL;
    server.closeAllConnections();
    server.close();
  }
});

describe("registries", () => {
  test.for([
    ["ghcr.io/x/leo:1", { registry: "ghcr.io", repository: "x/leo", version: "1" }],
    ["x/leo", { registry: "registry-1.docker.io", repository: "x/leo", version: "latest" }],
    ["docker.io/x/leo:2", { registry: "registry-1.docker.io", repository: "x/leo", version: "2" }],
    ["localhost:5000/leo:1", { registry: "localhost:5000", repository: "leo", version: "1" }],
    ["ghcr.io/x/leo:1@sha256:aa", { registry: "ghcr.io", repository: "x/leo", version: "sha256:aa" }],
  ] as const)("%s is taken apart as Docker does", ([reference, parts]) => {
    expect(parseImage(reference)).toEqual(parts);
  });

  const soon = () => AbortSignal.timeout(60_000);
  const index = { manifests: [{ platform: { os: "linux", architecture: "arm64" } }, {}] };

  /** A registry as GitHub's is: it offers anybody a token, for images that are public. */
  const withRegistry = <T>(run: (registry: string) => Promise<T>): Promise<T> => {
    let origin = "";
    return withServer(
      ({ path, headers }) => {
        if (path.startsWith("/token"))
          return path.includes("secret") ? { status: 403 } : { body: { token: "any" } };
        if (headers.authorization !== "Bearer any") {
          const challenge = `Bearer realm="${origin}/token",service="reg",scope="x"`;
          return { status: 401, headers: { "WWW-Authenticate": challenge } };
        }
        return path === "/v2/x/leo/manifests/1" ? { body: index } : { status: 404 };
      },
      (url) => {
        origin = url;
        return run(url.replace("http://", ""));
      },
    );
  };

  test("are asked with a token that anybody gets", () =>
    withRegistry(async (registry) => {
      const state = (name: string) => readPublicImage(`${registry}/${name}`, soon());
      expect(await state("x/leo:1")).toEqual({ state: "found", platforms: ["linux/arm64"] });
      expect(await state("x/leo:2")).toEqual({ state: "missing" });
      expect(await state("secret/leo:1")).toEqual({ state: "private" });
      expect(await registryProblem(registry, soon())).toBeUndefined();
    }));

  test("that can't be reached are named with the reason", async () => {
    const registry = await withRegistry(async (address) => address);
    const reason = "the connection is refused";
    expect(await readPublicImage(`${registry}/x/leo:1`, soon())).toEqual({
      state: "unreachable",
      registry,
      reason,
    });
    expect(await registryProblem(registry, soon())).toBe(reason);
  });
});
