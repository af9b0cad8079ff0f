/** A page of another site that leads its own name to a server on this machine. */
import { request } from "node:http";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import type { IncomingMessage } from "node:http";
import { expect, test } from "vitest";
import { startAuth } from "../src/auth.ts";
import { startAws } from "../src/aws.ts";
import { startEcs } from "../src/ecs.ts";

const ask = async (url: string, path: string, host: string) => {
  const { hostname, port } = new URL(url);
  const sent = request({ hostname, port, path, headers: { host }, agent: false });
  sent.end();
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  return { status: response.statusCode, body: await text(response) };
};

const expectGuarded = async (url: string, path: string) => {
  const { port } = new URL(url);
  for (const host of [
    "evil.example",
    `evil.example:${port}`,
    `127.0.0.1.evil.example:${port}`,
    "localhost.evil",
  ]) {
    const answer = await ask(url, path, host);
    expect([host, answer.status]).toEqual([host, 421]);
    expect(answer.body).toContain("This server only answers requests for this machine.");
  }
  for (const host of [`127.0.0.1:${port}`, `localhost:${port}`, `LOCALHOST:${port}`, `[::1]:${port}`]) {
    expect([host, (await ask(url, path, host)).status]).not.toEqual([host, 421]);
  }
};

test("sign-in only answers to this machine's own names", async () => {
  const auth = await startAuth();
  try {
    await expectGuarded(auth.url, "/auth/v1/settings");
    await expectGuarded(auth.url, "/auth/v1/token?grant_type=password");
    await expectGuarded(auth.url, "/auth/v1/this-computer");
  } finally {
    await auth.stop();
  }
});

test("S3 and SQS answer this machine's own names only", async () => {
  const aws = await startAws();
  try {
    aws.createBucket("bucket");
    await expectGuarded(aws.url, "/bucket?list-type=2");
  } finally {
    await aws.stop();
  }
});

test("ECS answers this machine's own names only", async () => {
  const ecs = await startEcs({
    cluster: "leo-local",
    runContainer: () => expect.unreachable("no task runs"),
  });
  try {
    await expectGuarded(ecs.url, "/_faults");
  } finally {
    await ecs.stop();
  }
});
