/** The two ends of the trust line: who is let in, and what becomes of a host that does not keep to the protocol. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { Readable } from "node:stream";
import { pino } from "pino";
import { expect, test } from "vitest";
import { readConfig } from "../src/config.ts";
import { runGenerator } from "../src/generator.ts";
import { FRAME, MESSAGE_MAX_BYTES, PIECE_MAX_BYTES, WINDOW_BYTES } from "../src/sandbox/protocol.ts";
import { Sandbox, SandboxError } from "../src/sandbox/sandbox.ts";
import { SandboxFault } from "../src/sandbox/fault.ts";
import { frame, HELLO, message, piece, withHostileHost } from "./support/hostile-host.ts";
import { startOrchestrator } from "./support/orchestrator.ts";
import { withRunPaths } from "./support/run-paths.ts";
import { KEY, startTestHost, withSandbox } from "./support/sandbox.ts";
import { until } from "./support/until.ts";
import { newStart } from "./support/start.ts";

/** Long enough that nothing honest on a busy machine passes it, short enough to wait for. */
const TIMEOUT_MS = 1_500;

const open = async (port: number): Promise<Socket> => {
  const socket = connect({ port, host: "127.0.0.1" });
  await once(socket, "connect");
  return socket;
};
const closed = (socket: Socket) => once(socket, "close");
const hello = (key: string) => message({ type: "hello", protocol: 1, key });

test("a host takes one driver, and nobody after it or without the key", () =>
  withRunPaths(async ({ root }) => {
    const host = await startTestHost(root);
    const heard: string[] = [];
    const strangers = await Promise.all([open(host.port), open(host.port), open(host.port)]);
    for (const stranger of strangers)
      stranger.on("data", (data: Buffer) => heard.push(data.toString("utf8")));
    const ends = strangers.map(closed);
    const [wrongKey, noHello, patient] = strangers;
    wrongKey?.write(hello("another-key-of-a-task"));
    noHello?.write(message({ type: "request", id: 1, request: { operation: "measure" } }));
    await Promise.all(ends.slice(0, 2));

    const driver = await Sandbox.connect({ port: host.port, key: KEY });
    expect((await driver.call({ operation: "measure" })).files).toBe(0);
    // One that had connected before the driver is sent away, with the key too; one that comes after finds nothing.
    patient?.write(hello(KEY));
    await ends[2];
    expect(patient?.destroyed).toBe(true);
    await expect(open(host.port)).rejects.toMatchObject({ code: "ECONNREFUSED" });
    expect(heard).toEqual([]);
    driver.close();
    await host.ended;
  }));

test("a command runs with its streams, its signals and its end, and what fails is told", () =>
  withSandbox(async (sandbox, { workspace, home }) => {
    const env = { PATH: process.env.PATH ?? "", HOME: home };
    const run = (script: string) =>
      sandbox.exec({ command: "/bin/bash", args: ["-c", script], cwd: workspace, env });
    // More than a window, both ways: whoever reads sets the pace.
    const copy = run("cat; echo done >&2; exit 7");
    const content = Buffer.alloc(WINDOW_BYTES * 3, "x");
    copy.stdin.end(content);
    const read = async (stream: Readable) => Buffer.concat(await stream.toArray()).toString("utf8");
    const [out, error] = await Promise.all([read(copy.stdout), read(copy.stderr), once(copy, "exit")]);
    expect([out.length, error, copy.exitCode]).toEqual([content.length, "done\n", 7]);

    const endless = run("sleep 300");
    endless.kill("SIGKILL");
    expect(await once(endless, "exit")).toEqual([null, "SIGKILL"]);
    const missing = sandbox.exec({ command: "/bin/bash", args: [], cwd: "/nowhere", env });
    expect(((await once(missing, "error")) as [Error])[0]).toBeInstanceOf(SandboxFault);
    await expect(
      sandbox.call({ operation: "import" }, { input: (stream) => stream.end("no archive") }),
    ).rejects.toBeInstanceOf(SandboxFault);
  }));

const deep = Buffer.from("[".repeat(MESSAGE_MAX_BYTES - 10));

test.for([
  ["never says hello", () => undefined],
  ["says something else first", (socket) => socket.write(message({ type: "result", id: 1, result: {} }))],
  ["speaks another protocol", (socket) => socket.write(message({ ...HELLO, protocol: 2 }))],
  [
    "has paths that are none",
    (socket) => socket.write(message({ ...HELLO, paths: { ...HELLO.paths, workspace: "../x" } })),
  ],
  ["closes at once", (socket) => socket.destroy()],
  ["sends garbage", (socket) => socket.write("HTTP/1.1 200 OK\r\n\r\n")],
  ["announces 4 GB", (socket) => socket.write(frame(FRAME.message, Buffer.alloc(10), 0xffffffff))],
  ["sends a frame of no known kind", (socket) => socket.write(frame(9, Buffer.from("x")))],
  ["sends what is no JSON", (socket) => socket.write(frame(FRAME.message, Buffer.from("{")))],
  ["sends what is nested endlessly", (socket) => socket.write(frame(FRAME.message, deep))],
] as [string, (socket: Socket) => void][])("a host that %s is given up", ([, onConnect]) =>
  withHostileHost({ onConnect }, async ({ port }) => {
    await expect(Sandbox.connect({ port, key: KEY, timeoutMs: TIMEOUT_MS })).rejects.toBeInstanceOf(
      SandboxError,
    );
  }),
);

type Answer = (socket: Socket, id: number) => void;
const measured = { processes: 1, files: 1, sizeBytes: 1, freeBytes: 1 };
const result = (id: number, value: unknown) => message({ type: "result", id, result: value });

test.for([
  ["never answers", () => undefined],
  [
    "answers twice",
    (socket, id) => socket.write(Buffer.concat([result(id, { ...measured }), result(id, measured)])),
  ],
  ["answers what nobody asked", (socket, id) => socket.write(result(id + 100, measured))],
  ["says hello again", (socket) => socket.write(message(HELLO))],
  ["answers with another shape", (socket, id) => socket.write(result(id, { files: "many" }))],
  ["answers with a negative size", (socket, id) => socket.write(result(id, { ...measured, sizeBytes: -1 }))],
  ["answers with a fraction", (socket, id) => socket.write(result(id, { ...measured, files: 0.5 }))],
  [
    "answers with too large a number",
    (socket, id) => socket.write(result(id, { ...measured, files: 1e300 })),
  ],
  [
    "fails in 100,000 words",
    (socket, id) => socket.write(message({ type: "failed", id, message: "x".repeat(1e5) })),
  ],
  ["sends a stream that is not open", (socket, id) => socket.write(piece(id, Buffer.from("x")))],
  [
    "ends a stream that is not open",
    (socket, id) => socket.write(message({ type: "end", id, channel: "output" })),
  ],
  [
    "takes more than it was sent",
    (socket, id) => socket.write(message({ type: "credit", id, channel: "input", bytes: 1 })),
  ],
  ["closes in the middle of a frame", (socket, id) => socket.end(result(id, measured).subarray(0, 9))],
] as [string, Answer][])(
  "a host that %s fails whatever waits for it, and what comes after",
  ([what, answer]) =>
    // The second request has no answer of its own: it fails with the first.
    withHostileHost({ onRequest: (socket, { id }) => id === 1 && answer(socket, id) }, async ({ port }) => {
      const sandbox = await Sandbox.connect({ port, key: KEY, timeoutMs: TIMEOUT_MS });
      // Two at once: what breaks one breaks the other.
      const input = (stream: NodeJS.WritableStream) => void stream;
      const both = await Promise.allSettled([
        sandbox.call({ operation: "measure" }, { input }),
        sandbox.call({ operation: "measure_output" }),
      ]);
      expect(both.at(-1)).toMatchObject({
        status: "rejected",
        reason: expect.any(SandboxError) as SandboxError,
      });
      const lost = await sandbox.lost;
      expect(lost.isLost).toBe(what.startsWith("closes"));
      await expect(sandbox.call({ operation: "measure" })).rejects.toBe(lost);
      expect(() => sandbox.exec({ command: "x", args: [], env: {} })).toThrow(SandboxError);
    }),
);

test("a host that floods a stream which nobody reads is cut, and holds no more than its window here", () =>
  withHostileHost(
    {
      onRequest: (socket, { id }) => {
        const flood = piece(id, Buffer.alloc(PIECE_MAX_BYTES));
        const pour = () => {
          while (socket.writable && socket.write(flood));
        };
        socket.on("drain", pour);
        pour();
      },
    },
    async ({ port }) => {
      const sandbox = await Sandbox.connect({ port, key: KEY });
      let stream: Readable | undefined;
      const asked = sandbox.call(
        { operation: "export", what: "version" },
        {
          output: (output) => {
            stream = output;
          },
        },
      );
      await expect(asked).rejects.toThrow("more was sent than there was room for");
      expect(stream?.readableLength).toBeLessThanOrEqual(WINDOW_BYTES);
    },
  ));

test("a host that takes nothing holds up its writer, not the driver's memory", () =>
  withHostileHost({}, async ({ port, heardBytes }) => {
    const sandbox = await Sandbox.connect({ port, key: KEY });
    const command = sandbox.exec({ command: "x", args: [], env: {} });
    let accepted = 0;
    while (command.stdin.write(Buffer.alloc(PIECE_MAX_BYTES))) accepted += 1;
    await until(() => heardBytes() > WINDOW_BYTES);
    expect(command.stdin.write(Buffer.alloc(1))).toBe(false);
    expect(accepted * PIECE_MAX_BYTES).toBeLessThanOrEqual(WINDOW_BYTES);
    expect(heardBytes()).toBeLessThan(WINDOW_BYTES + PIECE_MAX_BYTES);
    sandbox.close();
  }));

/** A run with a sandbox of the test's making. @returns the code of its last word and its exit code */
const runWith = async (port: number) => {
  const start = newStart();
  const orchestrator = await startOrchestrator(start);
  const exitCode = await runGenerator({
    config: readConfig({ LEO_GENERATOR_URL: orchestrator.url, LEO_ATTEMPT_TOKEN: "leo_at_test" }),
    logger: pino({ level: "silent" }),
    terminate: new AbortController().signal,
    sandbox: Sandbox.connect({ port, key: KEY, timeoutMs: TIMEOUT_MS }),
  });
  const last = orchestrator.facts.at(-1);
  await orchestrator.close();
  return { failure: last?.type === "all_work_complete" ? last.failure?.code : undefined, exitCode };
};

test.for([
  ["never answers is a run that failed", () => undefined, { failure: "agent_error", exitCode: 0 }],
  [
    "sends garbage is a run that failed",
    (socket: Socket) => socket.write("garbage, and more of it"),
    { failure: "agent_error", exitCode: 0 },
  ],
  ["goes away is left for ECS to explain", (socket: Socket) => socket.destroy(), { exitCode: 3 }],
] as const)("a sandbox that %s", ([, act, expected]) =>
  withHostileHost(
    { onRequest: (socket, { operation }) => operation === "changes" || act(socket) },
    async ({ port }) => {
      expect(await runWith(port)).toEqual({ failure: undefined, ...expected });
    },
  ),
);
