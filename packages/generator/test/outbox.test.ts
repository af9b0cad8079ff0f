import { expect, test } from "vitest";
import type { GeneratorFact } from "@leo/core/event.ts";
import { LIMITS } from "@leo/core/limits.ts";
import type { FromGenerator } from "@leo/core/protocol/generator.ts";
import { Outbox } from "../src/socket/outbox.ts";

const log = (text: string, level: "debug" | "warn" = "debug"): GeneratorFact => ({
  type: "log",
  level,
  text,
});
const say = (text: string, done = false): GeneratorFact => ({ type: "agent_text", blockId: "b", text, done });
const usage = (outputTokens: number): GeneratorFact => ({
  type: "usage",
  inputTokens: 1,
  outputTokens,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  costUsd: 0,
});

const messagesIn = (frames: string[]) =>
  frames.flatMap((text) => {
    const frame = JSON.parse(text) as FromGenerator;
    return frame.type === "messages" ? frame.messages : [];
  });
const numbersIn = (frames: string[]) => messagesIn(frames).map(({ n }) => n);

test("facts are numbered from 1 without gaps when they are taken", () => {
  const outbox = new Outbox();
  outbox.add(log("a"));
  outbox.add(log("b"));
  expect(messagesIn(outbox.take())).toEqual([
    { n: 1, ...log("a") },
    { n: 2, ...log("b") },
  ]);
  outbox.add(log("c"));
  expect(numbersIn(outbox.take())).toEqual([3]);
});

test("an acknowledgement forgets what it covers and nothing else", () => {
  const outbox = new Outbox();
  for (const text of ["a", "b", "c"]) outbox.add(log(text));
  outbox.take();
  outbox.acknowledge(2);
  expect(numbersIn(outbox.unacknowledged())).toEqual([3]);
  expect(outbox.isEmpty).toBe(false);
  outbox.acknowledge(3);
  expect(outbox.isEmpty).toBe(true);
});

test("numbers go on after those of an earlier process of the same attempt", () => {
  const outbox = new Outbox();
  outbox.add(log("a"));
  outbox.acknowledge(7);
  expect(numbersIn(outbox.take())).toEqual([8]);
});

test("waiting pieces of a text are joined, sent ones never change", () => {
  const outbox = new Outbox();
  outbox.add(say("one "));
  outbox.take();
  outbox.add(say("two "));
  outbox.add(say("three"));
  outbox.add(say("", true));
  outbox.add(usage(1));
  outbox.add(usage(2));
  expect(messagesIn(outbox.unacknowledged())).toEqual([{ n: 1, ...say("one ") }]);
  expect(messagesIn(outbox.take())).toEqual([
    { n: 2, ...say("two three", true) },
    { n: 3, ...usage(2) },
  ]);
});

test("a long absence drops deltas and keeps what decides the run", () => {
  const outbox = new Outbox(10);
  outbox.add({ type: "progress", step: "verifying" });
  for (let index = 0; index < 50; index += 1) outbox.add(log(`${index}`, index % 2 ? "warn" : "debug"));
  outbox.add({ type: "verified", passed: true, round: 1, checks: [] });
  outbox.add({ type: "all_work_complete" });
  const kept = messagesIn([...outbox.take(), ...outbox.take()]);
  expect(kept).toHaveLength(10);
  expect(kept.map(({ n }) => n)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  expect(kept.map(({ type }) => type)).toEqual(
    expect.arrayContaining(["progress", "verified", "all_work_complete"]),
  );
  expect(kept.at(-1)?.type).toBe("all_work_complete");
});

test("terminal facts are kept beyond the outbox's size", () => {
  const outbox = new Outbox(3);
  for (let round = 1; round <= 5; round += 1)
    outbox.add({ type: "verified", passed: false, round, checks: [] });
  expect(outbox.size).toBe(5);
  expect(messagesIn(outbox.take())).toHaveLength(3);
  outbox.acknowledge(3);
  expect(numbersIn(outbox.take())).toEqual([4, 5]);
});

test("no frame is larger than the orchestrator accepts", () => {
  const outbox = new Outbox();
  const text = "ä".repeat(LIMITS.eventTextMaxChars);
  for (let index = 0; index < 100; index += 1) {
    outbox.add({ type: "agent_text", blockId: `${index}`, text, done: true });
  }
  const frames = outbox.take();
  expect(messagesIn(frames)).toHaveLength(100);
  for (const frame of frames) expect(Buffer.byteLength(frame)).toBeLessThan(LIMITS.frameMaxBytes);
});
