import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { pino } from "pino";
import { expect, test } from "vitest";
import type { GeneratorFact } from "@leo/core/event.ts";
import { LIMITS } from "@leo/core/limits.ts";
import { CloseCode } from "@leo/core/protocol/close-code.ts";
import { inAnyOrder } from "../src/socket/any-order.ts";
import { backoffMs } from "../src/socket/backoff.ts";
import { OrchestratorLink, type LinkOptions, type Rejection } from "../src/socket/link.ts";
import { manualClock } from "./support/manual-clock.ts";
import { startOrchestrator, type TestOrchestrator } from "./support/orchestrator.ts";
import { until } from "./support/until.ts";

const log = (text: string): GeneratorFact => ({ type: "log", level: "info", text });
const texts = ({ facts }: TestOrchestrator) =>
  facts.map((fact) => (fact.type === "log" ? fact.text : fact.type));

const withLink = async (
  options: Partial<LinkOptions>,
  run: (context: {
    link: OrchestratorLink;
    orchestrator: TestOrchestrator;
    clock: ReturnType<typeof manualClock>;
    rejections: Rejection[];
  }) => Promise<void>,
) => {
  const orchestrator = await startOrchestrator();
  const clock = manualClock();
  const rejections: Rejection[] = [];
  const link = new OrchestratorLink({
    url: orchestrator.url,
    token: "leo_at_test",
    logger: pino({ level: "silent" }),
    clock,
    isStarted: () => false,
    onMessage: () => undefined,
    onRejected: (rejection) => rejections.push(rejection),
    ...options,
  });
  try {
    await run({ link, orchestrator, clock, rejections });
  } finally {
    link.close();
    await orchestrator.close();
  }
};

test("it says ready with its token, then its facts, and knows when they are committed", () =>
  withLink({}, async ({ link, orchestrator }) => {
    link.send(log("a"));
    link.send(log("b"));
    await link.delivered();
    expect(orchestrator.authorizations).toEqual(["Bearer leo_at_test"]);
    expect(orchestrator.frames.map((frame) => (JSON.parse(frame) as { type: string }).type)).toEqual([
      "ready",
      "messages",
    ]);
    expect(texts(orchestrator)).toEqual(["a", "b"]);
  }));

test("after a broken connection it resends what was not acknowledged, and each fact arrives once", () =>
  withLink({ isStarted: () => true }, async ({ link, orchestrator, clock }) => {
    link.send(log("a"));
    await link.delivered();
    orchestrator.acknowledge(false);
    link.send(log("b"));
    await until(() => orchestrator.facts.length === 2);
    orchestrator.disconnect();
    await until(() => clock.delays().some((delayMs) => delayMs < 1_000));
    link.send(log("c"));
    orchestrator.acknowledge(true);
    clock.advance(1_000);
    await link.delivered();
    expect(orchestrator.readies).toEqual([true, true]);
    expect(texts(orchestrator)).toEqual(["a", "b", "c"]);
  }));

test("a restart of the server (1012) is no rejection", () =>
  withLink({}, async ({ link, orchestrator, clock, rejections }) => {
    link.send(log("a"));
    await link.delivered();
    orchestrator.disconnect(CloseCode.restart);
    await until(() => clock.delays().some((delayMs) => delayMs < 1_000));
    clock.advance(1_000);
    link.send(log("b"));
    await link.delivered();
    expect(rejections).toEqual([]);
    expect(orchestrator.readies).toHaveLength(2);
  }));

test.for([
  [CloseCode.fenced, "fenced"],
  [CloseCode.finished, "finished"],
  [CloseCode.unauthenticated, "unauthenticated"],
  [CloseCode.protocol, "protocol"],
] as const)("close code %d ends it as %s", ([code, rejection]) =>
  withLink({}, async ({ orchestrator, clock, rejections }) => {
    await until(() => orchestrator.readies.length === 1);
    orchestrator.disconnect(code);
    await until(() => rejections.length === 1);
    clock.advance(60_000);
    expect(rejections).toEqual([rejection]);
    expect(orchestrator.readies).toHaveLength(1);
  }),
);

test("a rejected upgrade (401) ends it, another HTTP error is tried again", async () => {
  let status = 503;
  let asked = 0;
  const server = createServer();
  server.on("upgrade", (_request, socket) => {
    asked += 1;
    socket.end(`HTTP/1.1 ${status} Refused\r\nconnection: close\r\n\r\n`);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}/ws/generator`;
  await withLink({ url }, async ({ clock, rejections }) => {
    await until(() => clock.delays().length === 1);
    expect(rejections).toEqual([]);
    status = 401;
    clock.advance(1_000);
    await until(() => rejections.length === 1);
    expect(rejections).toEqual(["unauthenticated"]);
    expect(asked).toBe(2);
  });
  server.close();
});

test("a silent peer is dropped after 60 seconds and called again", () =>
  withLink({}, async ({ orchestrator, clock }) => {
    await until(() => orchestrator.readies.length === 1);
    clock.advance(80_000);
    await until(() => clock.delays().some((delayMs) => delayMs < 1_000));
    clock.advance(1_000);
    await until(() => orchestrator.readies.length === 2);
    expect(orchestrator.readies).toHaveLength(2);
  }));

test("frames that are no protocol are passed over", () =>
  withLink({}, async ({ link, orchestrator }) => {
    await until(() => orchestrator.readies.length === 1);
    orchestrator.send({ type: "nonsense" } as never);
    orchestrator.send("{" as never);
    link.send(log("still here"));
    await link.delivered();
    expect(texts(orchestrator)).toEqual(["still here"]);
  }));

test("waiting doubles from 1 to 4 seconds, half of it random", () => {
  expect([0, 1, 2, 3, 4, 5, 50].map((failures) => backoffMs(failures, 0))).toEqual([
    500, 1_000, 2_000, 2_000, 2_000, 2_000, 2_000,
  ]);
  expect(backoffMs(0, 0.999)).toBeCloseTo(999.5);
  expect(backoffMs(9, 0.999)).toBeLessThan(4_000);
});

test("only five seconds of uptime make the next wait short again", () =>
  withLink({ isStarted: () => true }, async ({ orchestrator, clock }) => {
    const waitAfterLoss = async () => {
      orchestrator.disconnect();
      await until(() => clock.delays().length === 1 && (clock.delays()[0] ?? 0) < LIMITS.pingIntervalMs);
      return clock.delays()[0];
    };
    const reconnect = async (count: number, waitMs = 0) => {
      clock.advance(waitMs);
      await until(() => orchestrator.readies.length === count && clock.delays().length > 1);
    };
    await reconnect(1);
    const first = await waitAfterLoss();
    await reconnect(2, first);
    const second = await waitAfterLoss();
    await reconnect(3, second);
    clock.advance(5_000);
    expect([first, second, await waitAfterLoss()]).toEqual([750, 1_500, 750]);
  }));

test("of several orchestrators behind a name it finds the one that lives, and asks DNS for each connection", async () => {
  const one = await startOrchestrator();
  // Nobody listens at the first address: that one's machine is gone.
  const { port } = new URL(one.url);
  const asked: string[] = [];
  const clock = manualClock();
  const link = new OrchestratorLink({
    url: `ws://leo.internal:${port}/ws/generator`,
    token: "leo_at_test",
    logger: pino({ level: "silent" }),
    clock,
    isStarted: () => false,
    onMessage: () => undefined,
    onRejected: () => undefined,
    lookup: inAnyOrder(
      () => 0.5,
      (host, _options, done) => {
        asked.push(host);
        done(null, [
          { address: "127.0.0.9", family: 4 },
          { address: "127.0.0.1", family: 4 },
        ]);
      },
    ),
  });
  try {
    link.send(log("a"));
    await link.delivered();
    expect(texts(one)).toEqual(["a"]);
    one.disconnect();
    await until(() => clock.delays().some((delayMs) => delayMs < 1_000));
    clock.advance(1_000);
    link.send(log("b"));
    await link.delivered();
    expect(texts(one)).toEqual(["a", "b"]);
    expect(asked).toEqual(["leo.internal", "leo.internal"]);
  } finally {
    link.close();
    await one.close();
  }
});

test("the addresses of a name come in every order, and what DNS says otherwise is passed on", () => {
  const addresses = ["10.0.0.1", "10.0.0.2", "10.0.0.3"].map((address) => ({ address, family: 4 }));
  const orders = new Set<string>();
  const lookup = inAnyOrder(Math.random, (_host, _options, done) => done(null, addresses));
  for (let count = 0; count < 500; count += 1)
    lookup("leo.internal", { all: true }, (_cause, found) => orders.add(JSON.stringify(found)));
  expect(orders.size).toBe(6);
  const single = inAnyOrder(Math.random, (_host, _options, done) => done(null, "10.0.0.1", 4));
  single("leo.internal", {}, (cause, found, family) =>
    expect([cause, found, family]).toEqual([null, "10.0.0.1", 4]),
  );
  const failed = new Error("ENOTFOUND");
  const missing = inAnyOrder(Math.random, (_host, _options, done) => done(failed, []));
  missing("leo.internal", { all: true }, (cause) => expect(cause).toBe(failed));
});
