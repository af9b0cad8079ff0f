/** A browser's session without a socket: its steps as a table, and what holds in every order of events. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LIMITS } from "@leo/core/limits.ts";
import { CloseCode } from "@leo/core/protocol/close-code.ts";
import type { FromBrowser } from "@leo/core/protocol/ui.ts";
import type { User } from "../../src/auth/verifier.ts";
import type { Moment } from "../../src/sockets/session.ts";
import { openUiSession, type UiEffect, type UiInput, type UiSession } from "../../src/sockets/ui-session.ts";
import { stepUiSession, untilUiTickMs } from "../../src/sockets/ui-step.ts";
import { createSteps } from "../support/steps.ts";

const HOUR_MS = 3_600_000;
const userOf = (userId: string, expiresMs = HOUR_MS): User => ({ userId, expiresAt: new Date(expiresMs) });
const hello: UiInput = { type: "message", message: { type: "hello", protocol: 1, accessToken: "token" } };
const admitted: UiInput = { type: "verified", user: userOf("ann") };
const subscribe = (generationId: string, since = 0): UiInput => ({
  type: "message",
  message: { type: "subscribe", generationId, since },
});
const message = (said: FromBrowser): UiInput => ({ type: "message", message: said });

const start = (...inputs: UiInput[]) => {
  const now = { dateMs: 0, elapsedMs: 0 };
  const steps = createSteps<UiSession, UiInput, UiEffect>(openUiSession(now), stepUiSession, now);
  for (const input of inputs) steps.take(input);
  return steps;
};

const closes = (code: number) => expect.objectContaining({ type: "close", code });

describe("a browser's session", () => {
  test.for<[name: string, before: UiInput[], input: UiInput, code: number]>([
    ["another first message", [], message({ type: "ping" }), CloseCode.protocol],
    [
      "an unknown protocol",
      [],
      message({ type: "hello", protocol: 2, accessToken: "token" }),
      CloseCode.protocol,
    ],
    ["a malformed frame", [hello, admitted], { type: "malformed", reason: "odd" }, CloseCode.protocol],
    [
      "a token that is not valid",
      [hello],
      { type: "rejected", code: CloseCode.unauthenticated, reason: "no" },
      CloseCode.unauthenticated,
    ],
    [
      "another user's token",
      [hello, admitted, message({ type: "renew", accessToken: "other" })],
      { type: "verified", user: userOf("bob") },
      CloseCode.unauthenticated,
    ],
    ["a fault of the database", [hello, admitted, subscribe("a")], { type: "failed" }, CloseCode.restart],
    [
      "a restart of the server",
      [hello, admitted],
      { type: "dismissed", code: CloseCode.restart, reason: "the server restarts, reconnect" },
      CloseCode.restart,
    ],
  ])("%s closes it", ([, before, input, code]) => {
    const steps = start(...before);
    expect(steps.take(input)).toEqual([closes(code)]);
    expect(steps.session().state).toBe("closing");
  });

  test("a subscription is looked up, announced and started, in this order", () => {
    const steps = start(hello, admitted);
    expect(steps.take(subscribe("a", 7))).toEqual([{ type: "find", userId: "ann", generationId: "a" }]);
    expect(steps.take({ type: "found", lastSeq: 9 })).toEqual([
      { type: "send", message: { type: "subscribed", generationId: "a", lastSeq: 9 } },
      { type: "subscribe", generationId: "a", since: 7, lastSeq: 9 },
    ]);
  });

  test("a second subscription to a generation ends the first one once it is found", () => {
    const steps = start(hello, admitted, subscribe("a"), { type: "found", lastSeq: 1 }, subscribe("a", 1));
    expect(steps.take({ type: "found", lastSeq: 2 })[0]).toEqual({ type: "unsubscribe", generationId: "a" });
  });

  test("a page follows fifty generations, and not one more", () => {
    const steps = start(hello, admitted);
    for (let index = 0; index < 50; index += 1) {
      steps.take(subscribe(String(index)));
      steps.take({ type: "found", lastSeq: 0 });
    }
    expect(steps.take(subscribe("more"))).toEqual([
      { type: "send", message: expect.objectContaining({ type: "error", code: "rate_limited" }) },
    ]);
    expect(steps.take(subscribe("7"))).toEqual([expect.objectContaining({ type: "find" })]);
  });

  test("all that it followed ends when the socket is gone", () => {
    const steps = start(hello, admitted, message({ type: "follow_apps" }), subscribe("a"));
    steps.take({ type: "found", lastSeq: 0 });
    expect(steps.take({ type: "closed" })).toEqual([
      { type: "unsubscribe", generationId: "a" },
      { type: "unfollow_apps" },
    ]);
  });

  test("one that sends no hello is closed after five seconds", () => {
    const steps = start();
    expect(untilUiTickMs(steps.session(), steps.now())).toBe(LIMITS.helloTimeoutMs);
    steps.advance(LIMITS.helloTimeoutMs - 1);
    expect(steps.take({ type: "tick" })).toEqual([]);
    steps.advance(1);
    expect(steps.take({ type: "tick" })).toEqual([closes(CloseCode.timeout)]);
  });

  test("a token is asked for a minute before the old one ends, which closes the socket", () => {
    const steps = start(hello, admitted);
    expect(untilUiTickMs(steps.session(), steps.now())).toBe(HOUR_MS - 60_000);
    steps.advance(HOUR_MS - 60_000);
    const expiresAt = new Date(HOUR_MS).toISOString();
    expect(steps.take({ type: "tick" })).toEqual([
      { type: "send", message: { type: "token_expiring", expiresAt } },
    ]);
    steps.advance(60_000);
    expect(steps.take({ type: "tick" })).toEqual([closes(CloseCode.unauthenticated)]);
  });

  test("a renewed token moves the end, and is answered only where it came with a hello", () => {
    const steps = start(hello, admitted, message({ type: "renew", accessToken: "newer" }));
    expect(steps.take({ type: "verified", user: userOf("ann", 2 * HOUR_MS) })).toEqual([]);
    expect(untilUiTickMs(steps.session(), steps.now())).toBe(2 * HOUR_MS - 60_000);
    steps.take(hello);
    expect(steps.take(admitted)).toEqual([
      { type: "send", message: { type: "welcome", protocol: 1, userId: "ann" } },
    ]);
  });

  test("six hundred messages pass at once, the next one waits for a tenth of a second", () => {
    const steps = start(hello, admitted);
    for (let count = 1; count < 600; count += 1)
      expect(steps.take(message({ type: "ping" }))).toHaveLength(1);
    expect(steps.take(message({ type: "ping" }))).toEqual([]);
    expect(untilUiTickMs(steps.session(), steps.now())).toBe(100);
    steps.advance(100);
    expect(steps.take({ type: "tick" })).toEqual([{ type: "send", message: { type: "pong" } }]);
  });

  test("sixteen messages that wait stop the reading, and the first answer starts it again", () => {
    const steps = start(hello, admitted);
    const effects = Array.from({ length: 16 }, (_, index) => steps.take(subscribe(String(index)))).flat();
    expect(effects.filter(({ type }) => type === "pause")).toHaveLength(1);
    expect(effects.at(-1)).toEqual({ type: "pause" });
    expect(steps.take({ type: "found", lastSeq: undefined }).at(-1)).toEqual({ type: "resume" });
  });

  test("one that closes while it is not read is read again, for the end of its closing handshake", () => {
    const steps = start(
      hello,
      admitted,
      ...Array.from({ length: 16 }, (_, index) => subscribe(String(index))),
    );
    expect(steps.take({ type: "failed" })).toEqual([closes(CloseCode.restart), { type: "resume" }]);
  });
});

/** Few ids, so that the same ones are asked for again. */
const anyId = fc.constantFrom("a", "b", "c");
const anyMessage: fc.Arbitrary<FromBrowser> = fc.oneof(
  fc.record({
    type: fc.constant("hello" as const),
    protocol: fc.constantFrom(1, 1, 1, 2),
    accessToken: anyId,
  }),
  fc.record({ type: fc.constant("renew" as const), accessToken: anyId }),
  fc.record({ type: fc.constant("subscribe" as const), generationId: anyId, since: fc.nat(9) }),
  fc.record({ type: fc.constant("unsubscribe" as const), generationId: anyId }),
  fc.constantFrom({ type: "ping" as const }, { type: "follow_apps" as const }),
);
const anyUser = fc.record({
  userId: fc.constantFrom("ann", "ann", "ann", "bob"),
  expiresAt: fc.integer({ min: -1_000, max: 2 * HOUR_MS }).map((ms) => new Date(ms)),
});
const anyAnswer: fc.Arbitrary<UiInput> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ type: fc.constant("verified" as const), user: anyUser }) },
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant("found" as const),
      lastSeq: fc.option(fc.nat(9), { nil: undefined }),
    }),
  },
  fc.constantFrom<UiInput>({ type: "rejected", code: 4401, reason: "no" }, { type: "failed" }),
);
const anyInput: fc.Arbitrary<UiInput> = fc.oneof(
  { weight: 12, arbitrary: anyMessage.map(message) },
  { weight: 8, arbitrary: anyAnswer },
  { weight: 2, arbitrary: fc.constant<UiInput>({ type: "tick" }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom<UiInput>(
      { type: "malformed", reason: "odd" },
      { type: "dismissed", code: 4410, reason: "suspended" },
      { type: "closed" },
    ),
  },
);
const anyStory = fc.array(fc.record({ input: anyInput, waitMs: fc.constantFrom(0, 0, 0, 20, 70_000) }), {
  maxLength: 80,
});

/** Plays a story that begins with a hello, and gives each step's effects to what looks at them. */
const play = (
  story: { input: UiInput; waitMs: number }[],
  look: (effects: UiEffect[], session: UiSession, input: UiInput, now: Moment) => void,
) => {
  const steps = start();
  for (const { input, waitMs } of [{ input: hello, waitMs: 0 }, ...story]) {
    steps.advance(waitMs);
    look(steps.take(input), steps.session(), input, steps.now());
  }
};

describe("in every order of messages, answers and time", () => {
  test("a session that closes ends what it followed, and then sends and starts nothing", () => {
    fc.assert(
      fc.property(anyStory, (story) => {
        const followed = new Set<string>();
        let appsFollowed = 0;
        let isClosed = false;
        play(story, (effects, session) => {
          if (isClosed) expect(effects).toEqual([]);
          for (const [index, effect] of effects.entries()) {
            // One pump each: none is started twice, none is ended that does not run.
            if (effect.type === "subscribe") expect(followed.has(effect.generationId)).toBe(false);
            if (effect.type === "subscribe") followed.add(effect.generationId);
            if (effect.type === "unsubscribe") expect(followed.delete(effect.generationId)).toBe(true);
            if (effect.type === "follow_apps") appsFollowed += 1;
            if (effect.type === "unfollow_apps") appsFollowed -= 1;
            expect([0, 1]).toContain(appsFollowed);
            if (effect.type === "close")
              expect(effects.slice(index + 1).filter(({ type }) => type !== "resume")).toEqual([]);
          }
          isClosed = session.state === "closing";
          if (isClosed) expect([...followed, appsFollowed]).toEqual([0]);
        });
      }),
    );
  });

  test("one thing is asked at a time, and only about the session's own user", () => {
    fc.assert(
      fc.property(anyStory, (story) => {
        let asked: UiEffect | undefined;
        play(story, (effects, session, input) => {
          const fits =
            (input.type === "verified" && asked?.type !== "find") ||
            (input.type === "found" && asked?.type === "find");
          if (fits) asked = undefined;
          for (const effect of effects) {
            if (effect.type !== "admit" && effect.type !== "verify" && effect.type !== "find") continue;
            expect(asked).toBeUndefined();
            asked = effect;
            if (effect.type === "find" && session.state === "open")
              expect(effect.userId).toBe(session.user.userId);
          }
        });
      }),
    );
  });

  test("subscriptions are answered in the order in which they were asked for", () => {
    fc.assert(
      fc.property(anyStory, (story) => {
        const asked: string[] = [];
        const answered: string[] = [];
        play(story, (effects, _session, input) => {
          if (input.type === "message" && "generationId" in input.message)
            asked.push(input.message.generationId);
          for (const effect of effects)
            if (effect.type === "send" && "generationId" in effect.message)
              answered.push(effect.message.generationId ?? "");
        });
        expect(answered).toEqual(asked.slice(0, answered.length));
      }),
    );
  });

  test("the socket is read exactly while fewer than sixteen messages wait", () => {
    const floods = fc.array(fc.record({ input: anyInput, waitMs: fc.constant(0) }), {
      minLength: 60,
      maxLength: 120,
    });
    fc.assert(
      fc.property(floods, (story) => {
        let isRead = true;
        play(story, (effects, session) => {
          for (const { type } of effects) {
            if (type === "pause" || type === "resume") expect(isRead).toBe(type === "pause");
            if (type === "pause" || type === "resume") isRead = type === "resume";
          }
          if (session.state === "closing") expect(isRead).toBe(true);
          else if (isRead) expect(session.inbox.length).toBeLessThan(16);
        });
      }),
    );
  });

  test("whoever waits for a time is woken at it, and then either acts or waits for a later one", () => {
    fc.assert(
      fc.property(anyStory, (story) => {
        const steps = start();
        for (const { input, waitMs } of [{ input: hello, waitMs: 0 }, ...story]) {
          steps.advance(waitMs);
          steps.take(input);
        }
        // Without an answer it ends by itself: at the latest when its token has expired.
        for (let ticks = 0; ticks < 1_000; ticks += 1) {
          const untilMs = untilUiTickMs(steps.session(), steps.now());
          if (untilMs === undefined) break;
          steps.advance(Math.max(1, untilMs));
          steps.take({ type: "tick" });
        }
        expect(["admitting", "closing"]).toContain(steps.session().state);
      }),
    );
  });
});
