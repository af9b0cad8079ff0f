import fc from "fast-check";
import { expect, test } from "vitest";
import type { Event, Fact } from "@leo/core/event.ts";
import type { Generation } from "@leo/core/generation.ts";
import { activityWords } from "../src/features/generation/activity.ts";
import { EMPTY, type LiveState } from "../src/features/live/state.ts";
import { reduceEvents } from "../src/features/live/reducer.ts";
import { FAIL, FINISH, START, WORK } from "./support/scenario.ts";

const at = (seq: number) => new Date(Date.UTC(2026, 0, 1) + seq * 10).toISOString();
const stamp = (facts: readonly Fact[], from = 1): Event[] =>
  facts.map((fact, index) => ({ ...fact, seq: from + index, at: at(from + index) }));

const RETRIED: Fact[] = [
  ...START,
  { type: "usage", inputTokens: 1, outputTokens: 1, cacheReadTokens: 0, cacheWriteTokens: 0, costUsd: 0.5 },
  { type: "attempt_progress", attempt: 1, step: "ended", text: "Spot interruption" },
  { type: "state_changed", state: "queued", attempt: 1 },
  { type: "state_changed", state: "starting", attempt: 2 },
  ...START.slice(1),
  ...WORK,
  ...FINISH,
];

const fact: fc.Arbitrary<Fact> = fc.constantFrom(...START, ...WORK, ...FINISH, ...FAIL, ...RETRIED);
const events = fc.array(fact, { maxLength: 80 }).map(stamp);

/** Cuts a list at random places. */
const chunked = <T>(list: readonly T[]) =>
  fc.array(fc.nat({ max: list.length }), { maxLength: 12 }).map((cuts) => {
    const places = [0, ...cuts.toSorted((one, other) => one - other), list.length];
    return places.slice(1).map((end, index) => list.slice(places[index], end));
  });

const reduceAll = (chunks: readonly (readonly Event[])[], from: LiveState = EMPTY) =>
  chunks.reduce((state, chunk) => reduceEvents(state, chunk), from);

test("an event from before the state was called finalizing still says that the version is saved", () => {
  const stored: Fact[] = [...START, ...WORK, { type: "state_changed", state: "publishing", attempt: 1 }];
  expect(reduceEvents(EMPTY, stamp(stored)).state).toBe("finalizing");
});

test("an event from before a push was called one is still shown as a push", () => {
  const stored: Fact[] = [...START, ...WORK, ...FINISH, { type: "publication", state: "done" }];
  expect(reduceEvents(EMPTY, stamp(stored)).items.at(-1)).toMatchObject({ kind: "push", state: "done" });
});

test("any chunking of the same events gives the same state", () => {
  fc.assert(
    fc.property(
      events.chain((list) => fc.tuple(fc.constant(list), chunked(list))),
      ([list, chunks]) => {
        expect(reduceAll(chunks)).toEqual(reduceEvents(EMPTY, list));
      },
    ),
  );
});

test("events that come again change nothing, wherever the replay starts", () => {
  fc.assert(
    fc.property(
      events.chain((list) =>
        fc.tuple(fc.constant(list), fc.nat({ max: list.length }), fc.nat({ max: list.length })),
      ),
      ([list, seen, replayFrom]) => {
        const before = reduceEvents(EMPTY, list.slice(0, seen));
        const replayed = reduceEvents(before, list.slice(Math.min(seen, replayFrom)));
        expect(replayed).toEqual(reduceEvents(EMPTY, list));
      },
    ),
  );
});

test("a state is the same object when nothing new came, and is never changed afterwards", () => {
  const list = stamp([...START, ...WORK]);
  const state = reduceEvents(EMPTY, list);
  const copy = structuredClone(state);
  expect(reduceEvents(state, list)).toBe(state);
  reduceEvents(state, stamp([...START, ...WORK, ...FINISH]));
  expect(state).toEqual(copy);
  expect(EMPTY.items).toEqual([]);
});

test("a missing event is reported, nothing after it is applied, and its arrival heals the gap", () => {
  fc.assert(
    fc.property(
      events
        .filter((list) => list.length >= 3)
        .chain((list) => fc.tuple(fc.constant(list), fc.integer({ min: 1, max: list.length - 2 }))),
      ([list, missing]) => {
        const torn = [...list.slice(0, missing), ...list.slice(missing + 1)];
        const state = reduceEvents(EMPTY, torn);
        expect(state.lastSeq).toBe(missing);
        expect(state.gap).toEqual({ expected: missing + 1, received: missing + 2 });
        expect(reduceEvents(state, list.slice(missing))).toEqual(reduceEvents(EMPTY, list));
      },
    ),
  );
});

test("each event is kept once and rows are in the order of their first event", () => {
  const list = stamp([...START, ...WORK, ...FINISH]);
  const { events: kept, items } = reduceEvents(EMPTY, list);
  expect(kept.map(({ seq }) => seq)).toEqual(list.map(({ seq }) => seq));
  const seqs = items.map(({ seq }) => seq);
  expect(seqs).toEqual([...new Set(seqs)].toSorted((one, other) => one - other));
});

test("pieces of a text block join into one row", () => {
  const { items } = reduceEvents(EMPTY, stamp([...START, ...WORK, ...FINISH]));
  const texts = items.filter((item) => item.kind === "text");
  expect(texts).toHaveLength(2);
  expect(texts[0]?.text).toContain("todo list** that keeps its items");
  expect(texts.every(({ done }) => done)).toBe(true);
});

test("late changes go to the tools that made them, in order, and never to one that reads", () => {
  const tool = (toolUseId: string, name: string): Fact => ({
    type: "agent_tool",
    toolUseId,
    name,
    target: "src/App.tsx",
    status: "succeeded",
  });
  const change = (sizeBytes: number): Fact => ({
    type: "file_changed",
    path: "src/App.tsx",
    change: "modified",
    sizeBytes,
  });
  const facts = [
    tool("r", "Read"),
    tool("one", "Edit"),
    tool("two", "Edit"),
    change(1),
    change(2),
    change(3),
  ];
  const { items } = reduceEvents(EMPTY, stamp(facts));
  expect(items.map((item) => item.kind === "tool" && item.change?.sizeBytes)).toEqual([undefined, 1, 3]);
});

test("a tool's outcome and the file it changed fold into the tool's row", () => {
  const { items, files } = reduceEvents(EMPTY, stamp([...START, ...WORK]));
  const write = items.find((item) => item.kind === "tool" && item.target === "src/App.tsx");
  expect(write).toMatchObject({ status: "succeeded", change: { path: "src/App.tsx", change: "created" } });
  expect(items.some((item) => item.kind === "files")).toBe(false);
  expect([...files.keys()]).toEqual(["src/App.tsx", "src/components/AddTodo.tsx", "src/lib/storage.ts"]);
});

test("the way from the queue to the agent is one row, which closes when the agent works", () => {
  const waiting = reduceEvents(
    EMPTY,
    stamp([{ type: "state_changed", state: "queued", attempt: 0 }, ...START.slice(0, 3)]),
  );
  expect(waiting.items).toMatchObject([{ kind: "start", done: false, attempt: 1 }]);
  const running = reduceEvents(
    EMPTY,
    stamp([{ type: "state_changed", state: "queued", attempt: 0 }, ...START]),
  );
  expect(running.items[0]).toMatchObject({ kind: "start", done: true });
});

test("a second attempt starts a row of its own and counts its cost from nothing", () => {
  const state = reduceEvents(EMPTY, stamp(RETRIED));
  const starts = state.items.filter((item) => item.kind === "start");
  expect(starts.map(({ attempt }) => attempt)).toEqual([1, 2]);
  expect(state.costUsd).toBeCloseTo(0.034);
  expect(state.state).toBe("completed");
});

test("an answer ends without a row for files that it never stored", () => {
  const end: Fact[] = [
    { type: "progress", step: "uploading" },
    { type: "all_work_complete", answered: true },
    { type: "state_changed", state: "answered", attempt: 1 },
  ];
  const state = reduceEvents(EMPTY, stamp([...START, ...end]));
  expect(state.state).toBe("answered");
  expect(state.items.at(-1)).toMatchObject({ kind: "end", state: "answered" });
  expect(state.items.some((item) => item.kind === "step" && item.step === "uploading")).toBe(false);
});

test("a failed run ends with its failure and its failed check", () => {
  const state = reduceEvents(EMPTY, stamp([...START, ...WORK, ...FAIL]));
  expect(state.failure?.code).toBe("verify_failed");
  expect(state.items.at(-1)).toMatchObject({
    kind: "end",
    state: "failed",
    failure: { code: "verify_failed" },
  });
  expect(state.items.findLast((item) => item.kind === "checks")).toMatchObject({ passed: false, round: 3 });
});

test("an added request waits, can be edited or removed, and gets a row when taken or returned", () => {
  const added: Fact[] = ["a", "b", "c", "d"].map((messageId) => ({
    type: "user_message",
    messageId,
    text: messageId,
  }));
  const waiting = reduceEvents(
    EMPTY,
    stamp([
      ...START,
      ...added,
      { type: "user_message_changed", messageId: "b", text: "better" },
      { type: "user_message_removed", messageId: "d" },
    ]),
  );
  expect(waiting.queued.map(({ text }) => text)).toEqual(["a", "better", "c"]);
  expect(waiting.items.some(({ kind }) => kind === "message")).toBe(false);
  const settled: Fact[] = [
    { type: "log", level: "warn", text: "before" },
    { type: "user_message_taken", messageId: "b" },
    { type: "user_message_returned", messageId: "c" },
  ];
  const after = reduceEvents(waiting, stamp(settled, waiting.lastSeq + 1));
  expect(after.queued.map(({ messageId }) => messageId)).toEqual(["a"]);
  expect(after.items.slice(-3)).toMatchObject([
    { kind: "notice" },
    { kind: "message", messageId: "b", text: "better", status: "taken" },
    { kind: "message", messageId: "c", text: "c", status: "returned" },
  ]);
});

test("a plan waits for the user's word and no longer once it came", () => {
  const plan: Fact[] = [...START, { type: "plan_proposed", text: "1. Build it" }];
  expect(reduceEvents(EMPTY, stamp(plan)).openPlan).toBe("1. Build it");
  const answered: Fact[] = [...plan, { type: "user_message", messageId: "m", text: "Good" }];
  expect(reduceEvents(EMPTY, stamp(answered)).openPlan).toBeUndefined();
});

test("a run that waits for the model says for what, and until when, until it starts again", () => {
  const until = "2026-01-01T14:05:00.000Z";
  const waiting = {
    code: "model_limit",
    message: "Waiting for Claude's usage limit to reset.",
    until,
  } as const;
  const facts: Fact[] = [...START, { type: "state_changed", state: "queued", attempt: 1, waiting }];
  const queued = reduceEvents(EMPTY, stamp(facts));
  const generation = { state: "running" } as Generation;
  const words = activityWords(generation, queued, 0);
  expect(words).toMatch(/^Waiting for Claude's usage limit to reset\. Retrying at .+\.$/);
  expect(queued.items.filter(({ kind }) => kind === "notice")).toHaveLength(1);
  const fresh: Generation = { ...generation, state: "queued", waiting: { ...waiting, message: "Soon." } };
  expect(activityWords(fresh, queued, 0)).toMatch(/^Soon\./);
  const again: Fact[] = [{ type: "state_changed", state: "starting", attempt: 2 }];
  expect(reduceEvents(queued, stamp(again, queued.lastSeq + 1)).waiting).toBeUndefined();
});

test("what an answer that broke off has said is marked, and goes once the model says it anew", () => {
  const say = (blockId: string, text: string, more: object = {}): Fact => ({
    type: "agent_text",
    blockId,
    text,
    done: false,
    ...more,
  });
  const waiting = (retryAt: string): Fact => ({
    type: "progress",
    step: "rate_limited",
    text: "Claude is busy.",
    retryAt,
  });
  const first = [say("a", "The frame "), say("b", "comes"), say("a", "", { done: true, brokenOff: true })];
  const facts = [...first, say("b", "", { done: true, brokenOff: true }), waiting(at(5)), waiting(at(90))];
  const broken = reduceEvents(EMPTY, stamp(facts));
  expect(broken.items).toEqual([
    expect.objectContaining({ text: "The frame ", brokenOff: true }),
    expect.objectContaining({ text: "comes", brokenOff: true }),
    expect.objectContaining({ kind: "step", retryAt: at(90) }),
  ]);
  const again = reduceEvents(broken, stamp([say("c", "The frame comes first.")], facts.length + 1));
  expect(again.items.map((item) => item.kind)).toEqual(["step", "text"]);
});
