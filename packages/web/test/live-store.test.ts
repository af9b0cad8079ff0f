import { expect, test } from "vitest";
import type { Event } from "@leo/core/event.ts";
import { createLiveStore } from "../src/features/live/store.ts";

const log = (seq: number): Event => ({
  type: "log",
  level: "info",
  text: `line ${seq}`,
  seq,
  at: new Date(Date.UTC(2026, 0, 1) + seq).toISOString(),
});

/** A store whose frames are painted when the test says so. */
const withFrames = () => {
  const frames: (() => void)[] = [];
  const gaps: number[] = [];
  const store = createLiveStore(
    "generation",
    () => gaps.push(store.snapshot().live.lastSeq),
    (flush) => frames.push(flush),
  );
  const paint = () => {
    for (const flush of frames.splice(0)) flush();
  };
  return { store, paint, gaps, frames };
};

test("events of one frame are told to readers once", () => {
  const { store, paint, frames } = withFrames();
  let told = 0;
  store.subscribe(() => {
    told += 1;
  });
  store.receive([log(1), log(2)]);
  store.receive([log(3)]);
  expect(frames).toHaveLength(1);
  paint();
  expect(told).toBe(1);
  expect(store.snapshot().live.lastSeq).toBe(3);
});

test("a repeat tells nobody", () => {
  const { store, paint } = withFrames();
  store.receive([log(1), log(2)]);
  paint();
  let told = 0;
  store.subscribe(() => {
    told += 1;
  });
  store.receive([log(1), log(2)]);
  paint();
  expect(told).toBe(0);
});

test("a gap asks once for replay from the last event that was applied", () => {
  const { store, paint, gaps } = withFrames();
  store.receive([log(1), log(3)]);
  paint();
  store.receive([log(4)]);
  paint();
  expect(gaps).toEqual([1]);
  store.receive([log(2), log(3), log(4)]);
  paint();
  expect(store.snapshot().live).toMatchObject({ lastSeq: 4, gap: undefined });
});

test("the store is loading until all that was stored at the subscription has come", () => {
  const { store, paint } = withFrames();
  store.expect(2);
  expect(store.snapshot().status).toBe("loading");
  store.receive([log(1)]);
  paint();
  expect(store.snapshot().status).toBe("loading");
  store.receive([log(2)]);
  paint();
  expect(store.snapshot().status).toBe("live");
});

test("a subscription to a generation without events is live at once", () => {
  const { store } = withFrames();
  store.expect(0);
  expect(store.snapshot().status).toBe("live");
});
