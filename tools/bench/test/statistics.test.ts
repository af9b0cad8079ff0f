import { describe, expect, test } from "vitest";
import { holds, summary, type Figure } from "../src/harness/figure.ts";
import { interleave } from "../src/harness/interleave.ts";
import { median, percentile, ratios } from "../src/harness/statistics.ts";
import { tables } from "../src/harness/table.ts";
import { Reception } from "../src/load/reception.ts";

const figure = (values: number[], bar?: Figure["bar"]): Figure => ({
  benchmark: "relay",
  given: "1 generator",
  of: "leo",
  what: "events",
  unit: "1/s",
  values,
  bar,
});

describe("statistics", () => {
  test("the median is the middle, or the mean of the two in the middle, in any order", () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([4, 1, 3, 100])).toBe(3.5);
    expect(() => median([])).toThrow(RangeError);
  });

  test("a percentile is the nearest rank", () => {
    const values = Array.from({ length: 100 }, (_, index) => 100 - index);
    expect(percentile(values, 0.5)).toBe(50);
    expect(percentile(values, 0.99)).toBe(99);
    expect(percentile(values, 1)).toBe(100);
    expect(percentile([7], 0.01)).toBe(7);
    expect(() => percentile([], 0.5)).toThrow(RangeError);
  });

  test("ratios pair what was measured in the same round", () => {
    expect(ratios([10, 30], [5, 10])).toEqual([2, 3]);
  });

  test("contenders take turns", async () => {
    const turns: string[] = [];
    const turn = (name: string) => async () => turns.push(name);
    const measured = await interleave({ a: turn("a"), b: turn("b") }, 2);
    expect(turns).toEqual(["a", "b", "a", "b"]);
    expect(measured).toEqual({ a: [1, 3], b: [2, 4] });
  });
});

describe("bars", () => {
  test("the median decides, in the bar's direction", () => {
    expect(holds(figure([0.5, 0.7, 0.9], { atLeast: 0.6 }))).toBe(true);
    expect(holds(figure([0.5, 0.5, 0.9], { atLeast: 0.6 }))).toBe(false);
    expect(holds(figure([40, 60, 50], { atMost: 50 }))).toBe(true);
    expect(holds(figure([40, 60, 51], { atMost: 50 }))).toBe(false);
    expect(summary(figure([1, 3, 2]))).toMatchObject({ median: 2, min: 1, max: 3, holds: undefined });
  });

  test("the tables say which bars are missed", () => {
    const text = tables([figure([40, 60, 51], { atMost: 50 }), figure([12_345])]);
    expect(text).toContain("≤ 50 MISSED");
    expect(text).toContain("12,345");
  });
});

describe("a browser's reception", () => {
  test("gives one time for each event, over several stretches", async () => {
    const reception = new Reception(5);
    for (const first of [6, 8]) {
      reception.expect(2);
      reception.take(first);
      reception.take(first + 1);
      expect((await reception.received()).every((at) => at > 0)).toBe(true);
    }
  });

  test.each([
    ["lost", [1, 3]],
    ["doubled", [1, 1]],
  ])("an event that is %s is a fault", async (_, numbers) => {
    const reception = new Reception(0);
    reception.expect(3);
    for (const number of numbers) reception.take(number);
    await expect(reception.received()).rejects.toThrow(/came after 1/);
  });

  test("what no generator made has a place but is not counted", async () => {
    const reception = new Reception(0);
    reception.expect(2);
    reception.take(1);
    reception.take(2, false);
    reception.take(3);
    expect(await reception.received()).toHaveLength(2);
  });

  test("order may be left open, but each event comes once", async () => {
    const reception = new Reception(0, { anyOrder: true });
    reception.expect(2);
    reception.take(2);
    reception.take(1);
    expect(await reception.received()).toHaveLength(2);
    reception.expect(2);
    reception.take(3);
    reception.take(3);
    await expect(reception.received()).rejects.toThrow("event 3 came after 3");
  });
});
