/** Limits that hold over two orchestrators, and what each learns of the other. */
import { pino } from "pino";
import { expect, test } from "vitest";
import { newId } from "@leo/core/id.ts";
import { CloseCode } from "@leo/core/protocol/close-code.ts";
import { readConfig } from "../../src/config.ts";
import { setUserLimits } from "../../src/account/account.ts";
import { createRateLimit } from "../../src/task/rate-limit.ts";
import { beat, parsePeerMessage, pieces } from "../../src/peers/message.ts";
import type { Orchestrator } from "../../src/server.ts";
import { createTokenBuckets } from "../../src/auth/token-buckets.ts";
import { BASE_ENV } from "../support/context.ts";
import { openUiSocket, withOrchestrator, type TestOrchestrator } from "../support/orchestrator.ts";

const WAIT = { timeout: 30_000 };

const hello = async (orchestrator: Orchestrator, accessToken: string) => {
  const browser = await openUiSocket(orchestrator.url);
  browser.send({ type: "hello", protocol: 1, accessToken });
  const welcomed = browser.first("welcome").then(() => true);
  // One that is refused never sees it.
  welcomed.catch(() => undefined);
  return { ...browser, isIn: () => Promise.race([welcomed, browser.closed.then(() => false)]) };
};

const metric = async ({ url }: Orchestrator, name: string) => {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(new RegExp(`^${name} (\\d+)`, "m").exec(text)?.[1]);
};

/** Resolves once each knows of the other. */
const acquainted = (...orchestrators: Orchestrator[]) =>
  Promise.all(
    orchestrators.map(async (one) => {
      await expect.poll(() => metric(one, "leo_orchestrators"), WAIT).toBe(orchestrators.length);
    }),
  );

const pair = async (leo: TestOrchestrator) => {
  const other = await leo.startAnother();
  await acquainted(leo.orchestrator, other);
  return [leo.orchestrator, other] as const;
};

test("a user's sockets count over both, and one that ends leaves its room at once", () =>
  withOrchestrator({ settings: { LEO_SOCKETS_PER_USER: "3" } }, async (leo) => {
    const [one, other] = await pair(leo);
    const [first, second] = [await hello(one, leo.token), await hello(one, leo.token)];
    expect([await first.isIn(), await second.isIn()]).toEqual([true, true]);
    const third = await hello(other, leo.token);
    expect(await third.isIn()).toBe(true);
    // Whether the other has heard of them yet or not: a fourth is in nowhere for long.
    const fourth = await hello(other, leo.token);
    expect(await fourth.closed).toMatchObject({ code: CloseCode.tooMany });
    await expect
      .poll(async () => {
        const late = await hello(other, leo.token);
        return (await late.isIn()) ? "in" : (await late.closed).reason;
      }, WAIT)
      .toBe("You have 3 pages of Leo open, the limit is 3. Close one.");
    const stranger = await hello(other, await leo.sign(newId()));
    expect(await stranger.isIn()).toBe(true);
    first.socket.close();
    await expect.poll(async () => (await hello(other, leo.token)).isIn(), WAIT).toBe(true);
    // Those of the one that ends come to the other, which must not take them for others.
    await one.stop();
    expect(await second.closed).toMatchObject({ code: CloseCode.restart });
    expect(await (await hello(other, leo.token)).isIn()).toBe(true);
    expect([third.socket.readyState, stranger.socket.readyState]).toEqual([1, 1]);
  }));

test("too many that are opened at both in the same moment are closed down to the limit", () =>
  withOrchestrator({ settings: { LEO_SOCKETS_PER_USER: "4" } }, async (leo) => {
    const both = await pair(leo);
    const browsers = await Promise.all(
      Array.from({ length: 8 }, (_, index) => hello(both[index % 2] as Orchestrator, leo.token)),
    );
    const open = () => browsers.filter(({ socket }) => socket.readyState === socket.OPEN).length;
    await expect.poll(open, WAIT).toBeLessThanOrEqual(4);
    const last = await hello(both[0], leo.token);
    if (open() === 4) expect(await last.closed).toMatchObject({ code: CloseCode.tooMany });
    expect(open()).toBeGreaterThan(0);
  }));

test("requests a minute and refused sign-ins are one limit for both, but for what comes within a beat", () =>
  withOrchestrator(
    { settings: { LEO_REQUESTS_PER_MINUTE_USER: "30", LEO_REFUSED_SIGN_INS_PER_MINUTE: "10" } },
    async (leo) => {
      const [one, other] = await pair(leo);
      const ask = async ({ url }: Orchestrator, token: string) =>
        (await fetch(`${url}/api/usage`, { headers: { authorization: `Bearer ${token}` } })).status;
      for (let sent = 0; sent < 30; sent += 1) expect(await ask(one, leo.token)).toBe(200);
      // The other hears of it with the next beat; while it has not, it gives what it must take back.
      let given = 0;
      await expect
        .poll(
          async () => {
            const status = await ask(other, leo.token);
            if (status === 200) given += 1;
            return status;
          },
          { ...WAIT, interval: 100 },
        )
        .toBe(429);
      expect(given).toBeLessThan(30);
      const another = await leo.sign(newId());
      expect([await ask(one, another), await ask(other, another)]).toEqual([200, 200]);

      for (let sent = 0; sent < 10; sent += 1) expect(await ask(one, "no.token.atall")).toBe(401);
      await expect.poll(() => ask(other, another), { ...WAIT, interval: 100 }).toBe(429);
    },
  ));

test("what an operator changes about a user at one holds at the other", () =>
  withOrchestrator({}, async (leo) => {
    const [, other] = await pair(leo);
    const limits = async () => {
      const answer = await fetch(`${other.url}/api/usage`, {
        headers: { authorization: `Bearer ${leo.token}` },
      });
      return ((await answer.json()) as { limits: { queuedPerUser: number } }).limits.queuedPerUser;
    };
    const before = await limits();
    await setUserLimits(
      {
        config: readConfig(BASE_ENV),
        database: leo.database,
        log: pino({ level: "silent" }),
        now: () => new Date(),
      },
      leo.userId,
      {
        queuedPerUser: before + 7,
      },
    );
    await expect.poll(limits, WAIT).toBe(before + 7);
  }));

test("a bucket in debt for what others gave is paid back before it gives again", () => {
  let ms = Date.parse("2026-03-01T12:00:00Z");
  const buckets = createTokenBuckets(60, () => new Date(ms));
  for (let count = 0; count < 60; count += 1) expect(buckets.take("ann")).toBe(0);
  expect(buckets.spent()).toEqual([["ann", 60]]);
  expect(buckets.spent()).toEqual([]);
  // Another orchestrator gave as much in the same moment: two minutes' worth are gone.
  buckets.charge("ann", 60);
  expect(buckets.take("ann")).toBe(61_000);
  ms += 61_000;
  expect(buckets.take("ann")).toBe(0);
  expect(buckets.take("ann")).toBe(1_000);
  // However much others say, it is a matter of minutes.
  buckets.charge("ann", 1_000_000);
  expect(buckets.waitMs("ann")).toBe(121_000);
  expect(buckets.take("bob")).toBe(0);
});

test("orchestrators share what RunTask takes in a second", () => {
  let orchestrators = 1;
  const rate = createRateLimit(10, () => orchestrators);
  rate.reserve();
  expect(rate.reserve()).toBeGreaterThan(50);
  orchestrators = 4;
  const [before, after] = [rate.reserve(), rate.reserve()];
  expect(after - before).toBeGreaterThan(350);
});

test("whatever is said fits into notifications, and what is not understood is left", () => {
  const keys = Array.from({ length: 5_000 }, () => newId());
  const said = pieces(
    "me",
    "sockets",
    keys.map((key) => [key, 1_000_000]),
    true,
  );
  for (const payload of said) expect(Buffer.byteLength(payload)).toBeLessThan(8_000);
  const heard = said.map((payload) => parsePeerMessage(payload));
  expect(heard.flatMap((message) => message?.entries ?? []).map(([key]) => key)).toEqual(keys);
  expect(heard.map((message) => message?.isFull)).toEqual(heard.map((_, index) => index === 0));
  expect(pieces("me", "users", [], false)).toEqual([]);
  expect(pieces("me", "users", [], true)).toHaveLength(1);
  expect(parsePeerMessage(beat("me", true))).toMatchObject({ from: "me", asks: true });
  for (const odd of ["", "null", "[]", '{"from":1}', '{"from":"x","entries":[["a"]]}'])
    expect(parsePeerMessage(odd)).toBeUndefined();
});
