import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { clockCheck } from "../src/checks/clock.ts";
import { machineCheck } from "../src/checks/machine.ts";
import { nodeCheck } from "../src/checks/node.ts";
import { siteCheck } from "../src/checks/site.ts";
import { closedUrl, withServer } from "./support/stand-in.ts";
import { targetWith, told } from "./support/target.ts";

test("Node is the project's, and packages are there", async () => {
  expect(await told(nodeCheck(), targetWith())).toEqual([
    `ok: Node ${process.versions.node}`,
    "ok: packages are installed",
  ]);
  expect(await told(nodeCheck("20.19.0", tmpdir()), targetWith())).toEqual([
    "failure: this is Node 20.19.0; Leo runs on Node 24",
    "failure: packages are not installed",
  ]);
});

describe("this machine", () => {
  const here = (changes: object) => targetWith({ stage: undefined, isUp: false, ...changes });

  test("has room, also in a folder that is not made yet, and a free port", async () => {
    const folder = await mkdtemp(path.join(tmpdir(), "leo-doctor-"));
    const dataDir = path.join(folder, "deep/er");
    const { port } = new URL(await closedUrl());
    const [disk, free] = await told(machineCheck, here({ dataDir, port: Number(port) }));
    expect(disk).toMatch(/^(ok|warning): \d+\.\d GiB free for /);
    expect(free).toBe(`ok: port ${port} is free`);
    await rm(folder, { recursive: true });
  });

  test("has no place to write, and another program on the port", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const { port } = taken.address() as AddressInfo;
    expect(await told(machineCheck, here({ dataDir: "/proc/leo", port }))).toEqual([
      expect.stringMatching(/^failure: /),
      `failure: Port ${port} is taken by another program`,
    ]);
    taken.close();
  });
});

describe("the site", () => {
  const health = (status: number, body: object) =>
    withServer(
      ({ path: asked }) => (asked === "/health" ? { status, body } : { status: 404 }),
      (publicUrl) => told(siteCheck, targetWith({ publicUrl })),
    );

  test("answers, drains or has no database", async () => {
    expect(await health(200, { status: "ok" })).toEqual([expect.stringMatching(/^ok: http.* answers$/)]);
    expect((await health(503, { status: "draining" }))[0]).toMatch(/returns 503: it is being replaced$/);
    expect((await health(503, { status: "no_database" }))[0]).toMatch(/returns 503: it has no database$/);
  });

  test("is away, or not there yet", async () => {
    const publicUrl = await closedUrl();
    expect(await told(siteCheck, targetWith({ publicUrl }))).toEqual([
      `failure: ${publicUrl} can't be reached: the connection is refused`,
    ]);
    expect(await told(siteCheck, targetWith({ isUp: false }))).toEqual(["ok: nothing is deployed yet"]);
    expect((await told(siteCheck, targetWith({ isUp: false, stage: undefined })))[0]).toMatch(/npm start/);
    const unknown = targetWith({ isUp: false, isUpUnknown: true });
    await expect(told(siteCheck, unknown)).rejects.toThrow("needs to know what is deployed");
  });
});

describe("the clock", () => {
  const AT = Date.parse("2026-11-24T08:00:00Z");
  const withClock = (nowMs: number, headers: Record<string, string>) =>
    withServer(
      () => ({ headers }),
      (clockUrl) =>
        told(
          clockCheck(() => nowMs),
          targetWith({ clockUrl }),
        ),
    );
  const date = new Date(AT).toUTCString();

  test.for([
    [0.5, "ok: accurate to 1 s"],
    [5, "ok: accurate to 5 s"],
    [-30, "warning: it's off by 31 s; sign-in tolerates 5 s"],
    [400, "failure: it's off by 400 s, and AWS rejects such requests"],
  ] as const)("that is ahead by %i s", async ([aheadSeconds, sentence]) => {
    expect(await withClock(AT + aheadSeconds * 1_000, { date })).toEqual([sentence]);
  });

  test("can't be compared with a server that tells no date, or is away", async () => {
    expect((await withClock(AT, { date: "soon" }))[0]).toMatch(
      /^warning: can't be compared .* sends no date$/,
    );
    const clockUrl = await closedUrl();
    expect((await told(clockCheck(), targetWith({ clockUrl })))[0]).toMatch(
      /^warning: can't be compared with .*: the connection is refused$/,
    );
  });
});
