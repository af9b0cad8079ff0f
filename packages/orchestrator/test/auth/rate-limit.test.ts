import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { clientAddress } from "../../src/auth/client-address.ts";
import { createTokenBuckets } from "../../src/auth/token-buckets.ts";

/** Buckets on a clock that the test moves. */
const bucketsAt = (perMinute: number, maxKeys?: number) => {
  const clock = { ms: Date.parse("2026-03-01T12:00:00Z") };
  return { clock, buckets: createTokenBuckets(perMinute, () => new Date(clock.ms), maxKeys) };
};

describe("token buckets", () => {
  test("give a minute's worth at once, then one as each comes in, and say when that is", () => {
    const { clock, buckets } = bucketsAt(60);
    for (let count = 0; count < 60; count += 1) expect(buckets.take("ann")).toBe(0);
    expect(buckets.take("ann")).toBe(1_000);
    expect(buckets.take("bob")).toBe(0);
    clock.ms += 999;
    expect(buckets.take("ann")).toBe(1);
    clock.ms += 1;
    expect(buckets.waitMs("ann")).toBe(0);
    expect(buckets.take("ann")).toBe(0);
    expect(buckets.take("ann")).toBe(1_000);
    clock.ms += 60_000;
    for (let count = 0; count < 60; count += 1) expect(buckets.take("ann")).toBe(0);
  });

  test("refuse nobody for long because the clock was set back", () => {
    const { clock, buckets } = bucketsAt(60);
    for (let count = 0; count < 60; count += 1) expect(buckets.take("ann")).toBe(0);
    clock.ms -= 3_600_000;
    for (let count = 0; count < 60; count += 1) expect(buckets.take("ann")).toBe(0);
    expect(buckets.take("ann")).toBe(1_000);
  });

  test("never give more than a minute's worth beyond the rate, and a refusal's time is right", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 700 }),
        fc.array(fc.integer({ min: 0, max: 5_000 }), { minLength: 1, maxLength: 300 }),
        (perMinute, pausesMs) => {
          const { clock, buckets } = bucketsAt(perMinute);
          let given = 0;
          let passedMs = 0;
          for (const pauseMs of pausesMs) {
            clock.ms += pauseMs;
            passedMs += pauseMs;
            const waitMs = buckets.take("ann");
            if (waitMs === 0) given += 1;
            else {
              clock.ms += waitMs;
              passedMs += waitMs;
              expect(buckets.take("ann")).toBe(0);
              given += 1;
            }
            expect(given).toBeLessThanOrEqual(perMinute + (passedMs * perMinute) / 60_000 + 0.001);
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  test("are as few as were asked within a minute, and never more than their bound", () => {
    const { clock, buckets } = bucketsAt(10, 1_000);
    for (let count = 0; count < 50_000; count += 1) buckets.take(`address ${count}`);
    expect(buckets.size).toBe(1_000);
    clock.ms += 60_000;
    buckets.take("one more");
    expect(buckets.size).toBe(1);
  });
});

describe("the client's address", () => {
  const from = (remoteAddress: string | undefined, forwarded: string | undefined, proxies: number) =>
    clientAddress({ headers: { "x-forwarded-for": forwarded }, socket: { remoteAddress } }, proxies);

  test("behind one proxy is what that proxy saw, whatever the caller claims", () => {
    expect(from("10.0.0.9", "203.0.113.7", 1)).toBe("203.0.113.7");
    for (const claim of ["1.2.3.4", "1.2.3.4, 5.6.7.8", "127.0.0.1,,", "not an address", ", , ,"])
      expect(from("10.0.0.9", `${claim}, 203.0.113.7`, 1)).toBe("203.0.113.7");
  });

  test("without a proxy is the connection's, and the header says nothing", () => {
    expect(from("203.0.113.7", "1.2.3.4", 0)).toBe("203.0.113.7");
    expect(from("::ffff:203.0.113.7", undefined, 0)).toBe("203.0.113.7");
    expect(from(undefined, undefined, 0)).toBeUndefined();
  });

  test("is the proxy's own when the header is missing or broken", () => {
    expect(from("10.0.0.9", undefined, 1)).toBe("10.0.0.9");
    expect(from("10.0.0.9", "1.2.3.4, nonsense", 1)).toBe("10.0.0.9");
    expect(from("10.0.0.9", "1.2.3.4", 2)).toBe("10.0.0.9");
    expect(from("10.0.0.9", "1.2.3.4, 10.0.0.8", 2)).toBe("1.2.3.4");
  });

  test("counts an IPv6 network of 64 bits as one", () => {
    const key = from("10.0.0.9", "2001:db8:1:2::1", 1);
    expect(key).toBe("2001:db8:1:2::/64");
    for (const same of [
      "2001:0db8:0001:0002:ffff:ffff:ffff:ffff",
      "2001:DB8:1:2:3::",
      "2001:db8:1:2:0:0:0:1",
    ])
      expect(from("10.0.0.9", same, 1)).toBe(key);
    expect(from("10.0.0.9", "2001:db8:1:3::1", 1)).not.toBe(key);
    expect(from("::1", undefined, 0)).toBe("0:0:0:0::/64");
  });
});
