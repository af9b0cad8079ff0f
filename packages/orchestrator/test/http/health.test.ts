import { expect, test } from "vitest";
import { createHealth } from "../../src/http/health.ts";

test("flooding /health asks the database once a second at most", async () => {
  const clock = { ms: 0 };
  let asked = 0;
  let isThere = true;
  let isDraining = false;
  const ask = async () => {
    asked += 1;
    if (!isThere) throw new Error("no database");
  };
  const health = createHealth(
    ask,
    () => isDraining,
    () => clock.ms,
  );
  const flood = async () => new Set(await Promise.all(Array.from({ length: 1_000 }, health)));
  expect(await flood()).toEqual(new Set(["ok"]));
  expect(await flood()).toEqual(new Set(["ok"]));
  expect(asked).toBe(1);
  isThere = false;
  clock.ms += 1_001;
  expect(await flood()).toEqual(new Set(["no_database"]));
  expect(asked).toBe(2);
  isThere = true;
  clock.ms += 1_001;
  expect(await flood()).toEqual(new Set(["ok"]));
  isDraining = true;
  expect(await health()).toBe("draining");
});

test("a database that hangs is asked once, however long it takes", async () => {
  const clock = { ms: 0 };
  let asked = 0;
  const answer = Promise.withResolvers<void>();
  const ask = () => {
    asked += 1;
    return answer.promise;
  };
  const health = createHealth(
    ask,
    () => false,
    () => clock.ms,
  );
  const waiting = [health()];
  clock.ms += 60_000;
  waiting.push(health());
  answer.resolve();
  expect(await Promise.all(waiting)).toEqual(["ok", "ok"]);
  expect(asked).toBe(1);
});
