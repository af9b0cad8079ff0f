import { expect, test } from "vitest";
import { createHearing } from "../../src/task/liveness.ts";

const SECOND_MS = 1_000;

const at = (startMs = 0) => {
  let nowMs = startMs;
  const hearing = createHearing(() => new Date(nowMs), 30 * SECOND_MS);
  return {
    hearing,
    pass: (durationMs: number) => (nowMs += durationMs),
    since: () => hearing.since().getTime(),
  };
};

test("silence counts from the start while recordings follow one another", () => {
  const { hearing, pass, since } = at();
  for (let count = 0; count < 20; count += 1) {
    pass(10 * SECOND_MS);
    hearing.recorded();
  }
  expect(since()).toBe(0);
});

test("after a gap it counts anew: the database was away, the machine slept or the clock jumped", () => {
  const { hearing, pass, since } = at();
  pass(10 * SECOND_MS);
  hearing.recorded();
  pass(3_600 * SECOND_MS);
  hearing.recorded();
  pass(10 * SECOND_MS);
  hearing.recorded();
  expect(since()).toBe(3_610 * SECOND_MS);
});

test("while nothing can be recorded, nobody is silent", () => {
  const { pass, since } = at();
  pass(31 * SECOND_MS);
  expect(since()).toBe(31 * SECOND_MS);
  pass(31 * SECOND_MS);
  expect(since()).toBe(62 * SECOND_MS);
});

test("a clock that is set back breaks the series as well", () => {
  const { hearing, pass, since } = at(7_200 * SECOND_MS);
  pass(-3_600 * SECOND_MS);
  hearing.recorded();
  expect(since()).toBe(3_600 * SECOND_MS);
});
