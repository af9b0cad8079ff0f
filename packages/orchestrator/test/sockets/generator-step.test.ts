/** A generator's session without a socket: its steps as a table, and what holds in every order of events. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { settlesMessages } from "@leo/core/event.ts";
import { LIMITS } from "@leo/core/limits.ts";
import { CloseCode } from "@leo/core/protocol/close-code.ts";
import type { NumberedMessage, StartGeneration } from "@leo/core/protocol/generator.ts";
import type { CommitOutcome } from "../../src/events/committer.ts";
import { newAttemptToken } from "../../src/generation/claim.ts";
import type { Answer, Frame, Question } from "../../src/sockets/generator-jobs.ts";
import {
  openGeneratorSession,
  type GeneratorEffect,
  type GeneratorInput,
  type GeneratorSession,
} from "../../src/sockets/generator-session.ts";
import { stepGeneratorSession, untilGeneratorTickMs } from "../../src/sockets/generator-step.ts";
import type { Work } from "../../src/sockets/generator-work.ts";
import { createSteps } from "../support/steps.ts";

const { token } = newAttemptToken();

/** An attempt that is wanted, but for what is changed. */
const workOf = (attempt: Partial<Work["attempt"]> = {}, generation: Partial<Work["generation"]> = {}) =>
  ({
    attempt: {
      id: "attempt",
      generationId: "generation",
      number: 1,
      endedAt: null,
      cutAt: null,
      lastN: 0,
      ...attempt,
    },
    generation: { id: "generation", state: "running", attempt: 1, cancelRequestedAt: null, ...generation },
  }) as Work;
const { attempt: ATTEMPT } = workOf();
const START = { type: "start_generation" } as StartGeneration;

const open = (presented: string | undefined = token) =>
  createSteps<GeneratorSession, GeneratorInput, GeneratorEffect>(
    openGeneratorSession(presented),
    stepGeneratorSession,
  );
const ready = (started = false): GeneratorInput => ({
  type: "message",
  message: { type: "ready", protocol: 1, started },
  sizeBytes: 50,
});
const frame = (messages: NumberedMessage[], sizeBytes = 100): GeneratorInput => ({
  type: "message",
  message: { type: "messages", messages },
  sizeBytes,
});
const log = (n: number): NumberedMessage => ({ n, type: "log", level: "info", text: "line" });
const turnComplete = (n: number): NumberedMessage => ({ n, type: "progress", step: "turn_complete" });
const complete = (n: number): NumberedMessage => ({ n, type: "all_work_complete" });

/** What the database would say; a test may say something else. */
const answerTo = (question: Question, work: Work | undefined = workOf()): GeneratorInput => {
  const answers: { [T in Question["type"]]: (asked: Question & { type: T }) => Answer } = {
    welcome: (asked) => ({ ...asked, found: work }),
    compose: (asked) => ({ ...asked, start: START }),
    look: (asked) => ({ ...asked, found: work }),
    take: (asked) => ({ ...asked, messages: [] }),
    complete: (asked) => asked,
  };
  return { type: "answered", answer: answers[question.type](question as never) };
};

/** A generator that has its work: everything it asked has been answered. */
const serve = (started = false) => {
  const steps = open();
  steps.take({ type: "identified", work: workOf() });
  let effects = steps.take(ready(started));
  const all = [...effects];
  for (let asked = effects.at(-1); asked?.type === "ask"; asked = effects.at(-1)) {
    effects = steps.take(answerTo(asked.question));
    all.push(...effects);
  }
  /** Stores the frame of the effect that asked for it. */
  const store = (commit: GeneratorEffect | undefined, outcome: CommitOutcome = "stored") => {
    if (commit?.type !== "commit") throw new Error("nothing was to be committed");
    return steps.take({ type: "committed", attempt: ATTEMPT, frame: commit.frame, outcome });
  };
  return { ...steps, welcome: all, store };
};
const kinds = (effects: GeneratorEffect[]) =>
  effects.map((effect) => {
    if (effect.type === "send") return effect.message.type;
    return effect.type === "ask" ? effect.question.type : effect.type;
  });
const closes = (code: number) => expect.objectContaining({ type: "close", code });
const ended = { endedAt: new Date(0) };

describe("a generator's session", () => {
  test.for([undefined, "", "leo_at_short", `${token} `])("the token %j is not looked up", (presented) => {
    const { opening } = createSteps(openGeneratorSession(presented), stepGeneratorSession);
    expect(opening).toEqual([{ type: "report_unknown" }, closes(CloseCode.unauthenticated)]);
  });

  test("it is not read until its token is known", () => {
    const steps = open();
    expect(kinds(steps.opening)).toEqual(["pause", "identify"]);
    expect(kinds(steps.take({ type: "identified", work: workOf() }))).toEqual(["watch", "resume"]);
  });

  test.for<[name: string, work: Work | undefined, code: number]>([
    ["no attempt's", undefined, CloseCode.unauthenticated],
    ["of a run that has ended", workOf({}, { state: "completed" }), CloseCode.finished],
    ["of an older attempt", workOf({}, { attempt: 2 }), CloseCode.fenced],
    ["of an attempt that was given up", workOf(ended), CloseCode.fenced],
  ])("a token %s closes it", ([, work, code]) => {
    expect(open().take({ type: "identified", work })).toContainEqual(closes(code));
  });

  test("one that is not ready after five seconds is closed", () => {
    const steps = open();
    steps.take({ type: "identified", work: workOf() });
    expect(untilGeneratorTickMs(steps.session(), steps.now())).toBe(LIMITS.helloTimeoutMs);
    steps.advance(LIMITS.helloTimeoutMs);
    expect(steps.take({ type: "tick" })).toEqual([closes(CloseCode.timeout)]);
  });

  test("a new one gets the acknowledgement, its work, and then what the user has added", () => {
    expect(kinds(serve(false).welcome)).toEqual([
      "welcome",
      "register",
      "ack",
      "compose",
      "start_generation",
      "look",
      "take",
    ]);
  });

  test("one that comes back gets what it may have missed before the acknowledgement", () => {
    expect(kinds(serve(true).welcome)).toEqual(["welcome", "register", "take", "ack", "look", "take"]);
  });

  test.for<[name: string, input: GeneratorInput, code: number]>([
    [
      "an unknown protocol",
      { type: "message", message: { type: "ready", protocol: 2, started: true }, sizeBytes: 9 },
      CloseCode.protocol,
    ],
    ["a malformed frame", { type: "malformed", reason: "odd" }, CloseCode.protocol],
    ["a gap within a frame", frame([log(1), log(3)]), CloseCode.protocol],
    ["a fault of the database", { type: "failed" }, CloseCode.restart],
    [
      "a restart of the server",
      { type: "dismissed", code: CloseCode.restart, reason: "bye" },
      CloseCode.restart,
    ],
  ])("%s closes it", ([, input, code]) => {
    expect(serve().take(input)).toEqual([closes(code)]);
  });

  test("messages before ready close it", () => {
    const steps = open();
    steps.take({ type: "identified", work: workOf() });
    expect(steps.take(frame([log(1)]))).toEqual([closes(CloseCode.protocol)]);
  });

  test("a message that cannot be stored closes it; one of an attempt that is no longer wanted says why", () => {
    const odd = serve();
    expect(odd.store(odd.take(frame([log(1)]))[0], "invalid")).toEqual([closes(CloseCode.protocol)]);
    const stale = serve();
    expect(kinds(stale.store(stale.take(frame([log(1)]))[0], "refused"))).toEqual(["explain"]);
    expect(stale.take(frame([log(2)]))).toEqual([]);
    expect(stale.take({ type: "explained", work: workOf(ended) })).toEqual([closes(CloseCode.fenced)]);
  });

  test("the end of a turn is acknowledged after the request that waits, and a later frame not before it", () => {
    const steps = serve(true);
    const [turn] = steps.take(frame([turnComplete(1)]));
    const [line] = steps.take(frame([log(2)]));
    const [look] = steps.store(turn);
    expect(look).toMatchObject({ type: "ask", question: { type: "look" } });
    expect(steps.store(line)).toEqual([]);
    expect(kinds(steps.take(answerTo({ type: "look", again: false })))).toEqual(["take"]);
    const answer: Answer = { type: "take", again: false, messages: [{ id: "one", text: "make it blue" }] };
    expect(kinds(steps.take({ type: "answered", answer }))).toEqual(["user_message", "ack", "ack"]);
  });

  test("a cancelled run is told once", () => {
    const steps = serve(true);
    const cancelled = workOf({}, { cancelRequestedAt: new Date(0) });
    expect(kinds(steps.take({ type: "notify" }))).toEqual(["look"]);
    expect(kinds(steps.take(answerTo({ type: "look", again: false }, cancelled)))).toEqual(["cancel"]);
    steps.take({ type: "notify" });
    expect(steps.take(answerTo({ type: "look", again: false }, cancelled))).toEqual([]);
  });

  test("any number of notifications while it is looked at are one more look", () => {
    const steps = serve(true);
    for (let count = 0; count < 5; count += 1) steps.take({ type: "notify" });
    steps.take(answerTo({ type: "look", again: false }));
    const looked = steps.take({ type: "answered", answer: { type: "take", again: false, messages: [] } });
    expect(kinds(looked)).toEqual(["look"]);
    steps.take(answerTo({ type: "look", again: false }));
    expect(steps.take({ type: "answered", answer: { type: "take", again: false, messages: [] } })).toEqual(
      [],
    );
  });

  test("a look that fails comes again with the sweep, unless an acknowledgement waits for it", () => {
    const idle = serve(true);
    idle.take({ type: "notify" });
    expect(idle.take({ type: "unanswered" })).toEqual([]);
    const owing = serve(true);
    owing.store(owing.take(frame([turnComplete(1)]))[0]);
    expect(owing.take({ type: "unanswered" })).toEqual([closes(CloseCode.restart)]);
  });

  test("a newer socket ends the older one without a word", () => {
    expect(serve().take({ type: "replaced" })).toEqual([{ type: "terminate" }]);
  });

  test("a run that has written all that it may is cancelled, and its end is a failure", () => {
    const steps = serve();
    const effects = steps.store(steps.take(frame([complete(1)]))[0], "cut");
    expect(kinds(effects)).toEqual(["cancel", "complete"]);
    expect(effects[1]).toMatchObject({ question: { word: { failure: { code: "output_too_large" } } } });
  });

  test("a megabyte that is not stored stops the reading until it is", () => {
    const steps = serve();
    const [half] = steps.take(frame([log(1)], 600_000));
    expect(kinds(steps.take(frame([log(2)], 600_000)))).toEqual(["commit", "pause"]);
    expect(kinds(steps.store(half))).toEqual(["ack", "resume"]);
  });
});

type Event =
  | { type: "frame"; first: number; count: number; kind: "log" | "turn" | "end" }
  | { type: "store"; outcome: CommitOutcome }
  | { type: "answer"; work: Work | undefined; requests: number }
  | { type: "input"; input: GeneratorInput };

const anyWork = fc.constantFrom<(Work | undefined)[]>(
  ...Array.from({ length: 12 }, () => workOf()),
  workOf({}, { cancelRequestedAt: new Date(0) }),
  workOf({ cutAt: new Date(0) }),
  workOf(ended),
  undefined,
);
const anyEvent: fc.Arbitrary<Event> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      type: fc.constant("frame" as const),
      /** How the first number follows the highest one: 1 is the next, 0 and less repeat. */
      first: fc.constantFrom(1, 1, 1, 1, 1, 1, 0, -1, 2),
      count: fc.integer({ min: 1, max: 3 }),
      kind: fc.constantFrom("log" as const, "log" as const, "turn" as const, "end" as const),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      type: fc.constant("store" as const),
      outcome: fc.constantFrom<CommitOutcome[]>(
        ...Array.from({ length: 16 }, () => "stored" as const),
        "cut",
        "invalid",
        "refused",
      ),
    }),
  },
  {
    weight: 12,
    arbitrary: fc.record({ type: fc.constant("answer" as const), work: anyWork, requests: fc.nat(2) }),
  },
  {
    weight: 3,
    arbitrary: fc
      .constantFrom<GeneratorInput[]>(
        ready(true),
        ready(false),
        { type: "notify" },
        { type: "tick" },
        { type: "notify" },
      )
      .map((input) => ({ type: "input" as const, input })),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom<GeneratorInput[]>(
        { type: "malformed", reason: "odd" },
        { type: "unanswered" },
        { type: "failed" },
        { type: "replaced" },
        { type: "dismissed", code: 1012, reason: "bye" },
        { type: "closed" },
        { type: "explained", work: workOf(ended) },
        { type: "identified", work: workOf() },
      )
      .map((input) => ({ type: "input" as const, input })),
  },
);
const anyStory = fc.array(anyEvent, { maxLength: 100 });

/** A database that stores frames in order and answers when the story says so. */
const createWorld = () => {
  const steps = open();
  const frames: Frame[] = [];
  const questions: Question[] = [];
  const effects: GeneratorEffect[] = [];
  const world = {
    steps,
    frames,
    questions,
    /** Everything that came of it so far. */
    effects,
    /** What this attempt's frames up to here have in the table. */
    storedN: 0,
    highestN: 0,
    take: (input: GeneratorInput) => {
      const fresh = steps.take(input);
      effects.push(...fresh);
      for (const effect of fresh) {
        if (effect.type === "commit") frames.push(effect.frame);
        if (effect.type === "ask") questions.push(effect.question);
      }
      return fresh;
    },
    happen: (event: Event): GeneratorEffect[] => {
      switch (event.type) {
        case "frame": {
          const from = Math.max(1, world.highestN + event.first);
          const messages = Array.from({ length: event.count }, (_, index) => log(from + index));
          const lastN = from + event.count - 1;
          if (event.kind === "turn") messages[event.count - 1] = turnComplete(lastN);
          if (event.kind === "end") messages[event.count - 1] = complete(lastN);
          world.highestN = Math.max(world.highestN, lastN);
          return world.take(frame(messages, 1 + ((from * 7919) % 500_000)));
        }
        case "store": {
          const oldest = frames.shift();
          if (!oldest) return [];
          const isStored = event.outcome === "stored" || event.outcome === "cut";
          if (isStored) world.storedN = Math.max(world.storedN, oldest.messages.at(-1)?.n ?? 0);
          return world.take({ type: "committed", attempt: ATTEMPT, frame: oldest, outcome: event.outcome });
        }
        case "answer": {
          const question = questions.shift();
          if (!question) return [];
          if (question.type === "take") {
            const messages = Array.from({ length: event.requests }, (_, index) => ({
              id: String(index),
              text: "",
            }));
            return world.take({ type: "answered", answer: { ...question, messages } });
          }
          const found = event.work && {
            ...event.work,
            attempt: { ...event.work.attempt, lastN: world.storedN },
          };
          return world.take(answerTo(question, found));
        }
        case "input":
          if (event.input.type === "unanswered") questions.shift();
          break;
      }
      return world.take(event.input);
    },
  };
  world.take({ type: "identified", work: workOf() });
  world.take(ready());
  return world;
};
type World = ReturnType<typeof createWorld>;

const inEveryStory = (
  look: (world: World, fresh: GeneratorEffect[], event: Event, before: GeneratorSession) => void,
) =>
  fc.assert(
    fc.property(anyStory, (story) => {
      const world = createWorld();
      for (const event of story) {
        const before = world.steps.session();
        look(world, world.happen(event), event, before);
      }
    }),
    { numRuns: 300 },
  );

describe("in every order of frames, commits, answers and faults", () => {
  test("nothing is acknowledged before it is committed, and no acknowledgement goes back", () => {
    inEveryStory((world, fresh) => {
      for (const effect of fresh)
        if (effect.type === "ack") expect(effect.n).toBeLessThanOrEqual(world.storedN);
      const acks = world.effects.flatMap((effect) => (effect.type === "ack" ? [effect.n] : []));
      expect(acks).toEqual(acks.toSorted((one, other) => one - other));
    });
  });

  test("a closing session sends nothing, reads on, and still completes what was committed", () => {
    inEveryStory((world, fresh, _event, before) => {
      const allowed =
        before.state === "closing"
          ? fresh
          : fresh.slice(fresh.findIndex(({ type }) => type === "close") + 1 || fresh.length);
      expect(kinds(allowed).filter((kind) => kind !== "complete" && kind !== "resume")).toEqual([]);
      const isPaused =
        world.effects.filter(({ type }) => type === "pause").length >
        world.effects.filter(({ type }) => type === "resume").length;
      // The first pause came before the world looked.
      if (world.steps.session().state === "closing") expect(isPaused).toBe(false);
    });
  });

  test("each last message that is committed is completed once, whatever becomes of the socket", () => {
    fc.assert(
      fc.property(anyStory, (story) => {
        const world = createWorld();
        let ends = 0;
        for (const event of story) {
          const isEnd =
            event.type === "store" && world.frames[0]?.messages.at(-1)?.type === "all_work_complete";
          if (
            isEnd &&
            (event.outcome === "stored" || event.outcome === "cut") &&
            world.steps.session().state !== "stale"
          )
            ends += 1;
          world.happen(event);
        }
        world.take({ type: "closed" });
        expect(kinds(world.effects).filter((kind) => kind === "complete")).toHaveLength(ends);
      }),
      { numRuns: 300 },
    );
  });

  test("a request is looked for between the commit of the end of a turn and its acknowledgement", () => {
    fc.assert(
      fc.property(anyStory, (story) => {
        const world = createWorld();
        const due: { n: number; looks: number }[] = [];
        const looks = () => kinds(world.effects).filter((kind) => kind === "look" || kind === "take").length;
        let lookedAt = 0;
        for (const event of story) {
          const stored = event.type === "store" && event.outcome === "stored" ? world.frames[0] : undefined;
          lookedAt = looks();
          if (stored?.messages.some(settlesMessages))
            due.push({ n: stored.messages.at(-1)?.n ?? 0, looks: lookedAt });
          const fresh = world.happen(event);
          for (const effect of fresh) {
            if (effect.type !== "ack") continue;
            for (const { n, looks: before } of due)
              if (effect.n >= n) expect(looks()).toBeGreaterThan(before);
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  test("one question is asked at a time, and bytes that wait are those of unacknowledged frames", () => {
    inEveryStory((world) => {
      const session = world.steps.session();
      if (session.state !== "serving") return;
      expect(world.questions).toHaveLength(session.jobs.length > 0 ? 1 : 0);
      const inDatabase = world.frames.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
      const owed = session.jobs.reduce((sum, job) => sum + (job.type === "ack" ? job.sizeBytes : 0), 0);
      expect(session.waitingBytes).toBe(inDatabase + owed);
    });
  });

  test("a generator that has no work yet gets nothing before it but the acknowledgement", () => {
    inEveryStory((world) => {
      const sent = kinds(world.effects.filter(({ type }) => type === "send"));
      // One that says later that it has its work is believed.
      expect([
        "start_generation",
        undefined,
        ...(sent.includes("start_generation") ? [] : ["user_message", "cancel"]),
      ]).toContain(sent[0]);
    });
  });
});
