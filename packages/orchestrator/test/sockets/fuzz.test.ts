/**
 * Five thousand bad messages, made from the schemas of both sockets: none may end in a crash, a hang, a
 * changed prototype, or a socket that is closed because Leo failed.
 */
import fc from "fast-check";
import { expect, test } from "vitest";
import { z } from "zod";
import { newId } from "@leo/core/id.ts";
import { CloseCode } from "@leo/core/protocol/close-code.ts";
import { FromGenerator } from "@leo/core/protocol/generator.ts";
import { FromBrowser } from "@leo/core/protocol/ui.ts";
import { WebSocket } from "ws";
import { inTime, isUnharmed, PARALLEL, tryAll } from "../support/fuzz.ts";
import { hostileJson, hostileValue } from "../support/hostile.ts";
import { withOrchestrator, type HeldTask, type TestOrchestrator } from "../support/orchestrator.ts";
import type { Schema } from "../support/schema.ts";

const BROWSER_CASES = 4_000;
/** The fewest: most frames are refused, and each refusal means a new connection with its handshake. */
const GENERATOR_CASES = 1_000;
/**
 * A socket closed with 1012 says: connect and try again. A starved database may cause one; a message that makes
 * Leo fail causes one every time.
 */
const TRIES = 4;

/** Codes with which a socket may reject what it got. Anything else means that Leo failed. */
const REFUSALS = new Set<number>(
  [1007, ...Object.values(CloseCode)].filter((code) => code !== CloseCode.restart),
);

/** The JSON schema of what a socket takes. */
const schemaOf = (union: z.ZodType) =>
  z.toJSONSchema(union, { io: "input", unrepresentable: "any" }) as unknown as Schema;

interface Talk {
  socket: WebSocket;
  /** The code with which it was closed. */
  closed: number | undefined;
  /** Waits until a message fits, or for the end; tells which. */
  until: (fits: (message: Message) => boolean) => Promise<Outcome>;
}
type Message = { type: string } & Record<string, unknown>;
type Outcome = "answered" | "closed";

const openTalk = async (url: string, authorization?: string): Promise<Talk> => {
  const socket = new WebSocket(url, { headers: authorization ? { authorization } : {} });
  let fresh: Message[] = [];
  let wake = () => undefined as void;
  const talk: Talk = {
    socket,
    closed: undefined,
    until: async (fits) => {
      while (!fresh.some(fits)) {
        if (talk.closed !== undefined) return "closed";
        await inTime("a socket's answer", new Promise<void>((resolve) => (wake = resolve)));
      }
      fresh = [];
      return "answered";
    },
  };
  socket.on("message", (data) => {
    fresh.push(JSON.parse((data as Buffer).toString()) as Message);
    wake();
  });
  socket.on("error", () => undefined);
  socket.on("close", (code) => {
    talk.closed = code;
    wake();
  });
  await inTime("opening a socket", new Promise((resolve) => socket.once("open", resolve)));
  return talk;
};

/** A text frame; an empty one would be no message. */
const sendText = ({ socket }: Talk, text: string | Buffer) =>
  socket.send(text.length === 0 ? " " : text, { binary: false });

/** Tries again what was closed with 1012. */
const persist = async (attempt: () => Promise<[talk: Talk, outcome: Outcome]>): Promise<[Talk, Outcome]> => {
  for (let left = TRIES - 1; ; left -= 1) {
    const [talk, outcome] = await attempt();
    if (outcome === "answered" || talk.closed !== CloseCode.restart || left === 0) return [talk, outcome];
  }
};

/** Counts how cases end: in both ways, and never by a fault of Leo's. */
const createTally = () => {
  const tally = { answered: 0, closed: 0 };
  const count = ([talk, outcome]: [Talk, Outcome]) => {
    tally[outcome] += 1;
    if (outcome === "closed") expect([...REFUSALS]).toContain(talk.closed);
  };
  return { tally, count };
};

const browserCases = async (leo: TestOrchestrator, generationId: string) => {
  const url = `${leo.orchestrator.url.replace("http", "ws")}/ws/ui`;
  const hello = JSON.stringify({ type: "hello", protocol: 1, accessToken: leo.token });
  const input = fc.record({
    isSignedIn: fc.option(fc.constant(true), { freq: 6, nil: false }),
    message: hostileJson(schemaOf(FromBrowser), [generationId, newId()]),
  });
  const { tally, count } = createTally();
  const talks: Talk[] = [];
  await tryAll(input, BROWSER_CASES, async ({ isSignedIn, message }, index) => {
    const attempt = async (): Promise<[Talk, Outcome]> => {
      let talk = talks[index];
      if (!talk || talk.closed !== undefined) {
        talk = await openTalk(url);
        talks[index] = talk;
        if (isSignedIn) sendText(talk, hello);
      }
      sendText(talk, message);
      // Answered last, since messages are taken one after the other.
      const marker = newId();
      sendText(talk, JSON.stringify({ type: "unsubscribe", generationId: marker }));
      const outcome = await talk.until((answer) => {
        expect(answer["code"]).not.toBe("internal");
        return answer.type === "unsubscribed" && answer["generationId"] === marker;
      });
      return [talk, outcome];
    };
    count(await persist(attempt));
  });
  for (const talk of talks) talk.socket.terminate();
  for (const outcomes of Object.values(tally)) expect(outcomes).toBeGreaterThan(BROWSER_CASES / 50);
};

/** One running attempt, its newest connection and its newest number. */
interface Speaker {
  task: HeldTask;
  talk?: Talk;
  n: number;
}

const startSpeaker = async (leo: TestOrchestrator): Promise<Speaker> => {
  const generation = await leo.submit();
  return { task: await leo.task(generation.id), n: 0 };
};

const READY = JSON.stringify({ type: "ready", protocol: 1, started: true });

/** Waits for the acknowledgement of what was said last, or for the end. */
const heard = (speaker: Speaker, talk: Talk) =>
  talk.until((message) => {
    if (message.type === "ack") speaker.n = Math.max(speaker.n, Number(message["n"]));
    return message.type === "ack";
  });

/** Connects again where the last input has closed the connection. */
const connected = async (speaker: Speaker): Promise<Talk> => {
  if (speaker.talk && speaker.talk.closed === undefined) return speaker.talk;
  const [talk, outcome] = await persist(async () => {
    const opened = await openTalk(speaker.task.url, `Bearer ${speaker.task.token}`);
    sendText(opened, READY);
    return [opened, await heard(speaker, opened)];
  });
  expect(outcome).toBe("answered");
  speaker.talk = talk;
  return talk;
};

/** The messages of a frame with the numbers that come next, so that what they say is looked at. */
const renumbered = (value: unknown, { n }: Speaker): unknown => {
  const { messages } = (value ?? {}) as { messages?: unknown };
  if (!Array.isArray(messages)) return value;
  const inOrder = messages.map((message: unknown, index) =>
    typeof message === "object" && message !== null ? { ...message, n: n + index + 1 } : message,
  );
  return { ...(value as object), messages: inOrder };
};

/** The last message of a run would end the run that the other input needs. */
const endsRun = (text: string) => text.includes('"type":"all_work_complete"');
/** A generator that says it is at its last number can say nothing more. */
const N_MAX = 1_000_000_000;

const generatorCases = async (leo: TestOrchestrator) => {
  const schema = schemaOf(FromGenerator);
  const speakers: Speaker[] = [];
  while (speakers.length < PARALLEL) speakers.push(await startSpeaker(leo));
  const { tally, count } = createTally();
  const input = fc.oneof(
    { weight: 1, arbitrary: hostileJson(schema, [newId()]).map((text) => () => text) },
    {
      weight: 2,
      arbitrary: hostileValue(schema, [newId()]).map(
        (value) => (speaker: Speaker) => JSON.stringify(renumbered(value, speaker)) ?? "",
      ),
    },
  );
  await tryAll(input, GENERATOR_CASES, async (compose, index) => {
    const speaker = speakers[index];
    if (!speaker) throw new Error("nobody speaks");
    // What it says next follows from what is acknowledged.
    await connected(speaker);
    const composed = compose(speaker);
    const text = endsRun(composed.toString()) ? READY : composed;
    const attempt = async (): Promise<[Talk, Outcome]> => {
      const talk = await connected(speaker);
      // Every frame is acknowledged or rejected.
      sendText(talk, text);
      return [talk, await heard(speaker, talk)];
    };
    count(await persist(attempt));
    if (speaker.n > N_MAX) speakers[index] = await startSpeaker(leo);
  });
  for (const { talk } of speakers) talk?.socket.terminate();
  for (const outcomes of Object.values(tally)) expect(outcomes).toBeGreaterThan(GENERATOR_CASES / 50);
};

const settings = {
  LEO_VCPU_BUDGET: "4000",
  LEO_RUNNING_PER_USER: "1000",
  LEO_QUEUED_PER_USER: "1000",
  LEO_GENERATIONS_PER_DAY: "100000",
  LEO_USER_DAY_BUDGET_USD: "1000000",
  LEO_PLATFORM_DAY_BUDGET_USD: "1000000",
};

const statusOf = async (leo: TestOrchestrator) => (await fetch(`${leo.orchestrator.url}/health`)).status;

test(
  "no browser message, however odd, breaks the socket, hangs it or kills the process",
  { timeout: 300_000 },
  () =>
    withOrchestrator({ settings }, async (leo) => {
      const generation = await leo.submit();
      await browserCases(leo, generation.id);
      isUnharmed();
      expect(await statusOf(leo)).toBe(200);
    }),
);

test(
  "no generator message, however odd, breaks the socket, hangs it or kills the process",
  { timeout: 300_000 },
  () =>
    withOrchestrator({ settings }, async (leo) => {
      await generatorCases(leo);
      isUnharmed();
      expect(await statusOf(leo)).toBe(200);
    }),
);
