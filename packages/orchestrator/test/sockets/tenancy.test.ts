/**
 * Every message of both sockets, said by somebody to whom the ids in it do not belong: another user,
 * another attempt's generator, nobody. The messages come from the protocol's own schemas: a new one is
 * said without a word here, and one with a new kind of id or of credential fails until it is known.
 */
import { expect, test } from "vitest";
import { z } from "zod";
import type { Event } from "@leo/core/event.ts";
import type { Generation } from "@leo/core/generation.ts";
import { newId } from "@leo/core/id.ts";
import { CloseCode } from "@leo/core/protocol/close-code.ts";
import { FromGenerator } from "@leo/core/protocol/generator.ts";
import { FromBrowser } from "@leo/core/protocol/ui.ts";
import {
  openGeneratorSocket,
  openUiSocket,
  withOrchestrator,
  type TestOrchestrator,
} from "../support/orchestrator.ts";
import { exampleOf, type Ids, type Schema } from "../support/schema.ts";

const schemaOf = (union: z.ZodType) =>
  z.toJSONSchema(union, { io: "input", unrepresentable: "any" }) as unknown as Schema;

const choicesOf = ({ oneOf, anyOf }: Schema): Schema[] => oneOf ?? anyOf ?? [];
const typeOf = ({ properties }: Schema) => String(properties?.["type"]?.const);

/** Ids and credentials in a message, by the name of their property. */
const isId = (name: string) => /(Id|Token)$/.test(name);

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The message with `ids` in the place of all its ids and tokens, however deep. */
const named = (value: unknown, ids: Ids): unknown => {
  if (Array.isArray(value)) return value.map((part) => named(part, ids));
  if (!isObject(value)) return value;
  const entries = Object.entries(value).map(([key, part]) => {
    if (!isId(key)) return [key, named(part, ids)];
    if (ids[key] === undefined) throw new Error(`no value for ${key}: a new kind of id needs one here`);
    return [key, ids[key]];
  });
  return Object.fromEntries(entries) as Record<string, unknown>;
};

const messageOf = (schema: Schema, ids: Ids): unknown => named(exampleOf(schema, ids), ids);

const browserMessages = choicesOf(schemaOf(FromBrowser));
const generatorMessages = choicesOf(schemaOf(FromGenerator));
/** What a numbered message can say; `all_work_complete` is the last of them. */
const factSchemas = generatorMessages.flatMap(({ properties }) =>
  choicesOf(properties?.["messages"]?.items ?? {}),
);

interface Run {
  generation: Generation;
  token: string;
  /** A request of the user's that waits for the agent. */
  messageId: string;
  task: Awaited<ReturnType<TestOrchestrator["task"]>>;
  generator: Awaited<ReturnType<typeof openGeneratorSocket>>;
}

const ask = async <T>(leo: TestOrchestrator, token: string, method: string, path: string, body?: unknown) => {
  const response = await leo.request(method, path, body, { authorization: `Bearer ${token}` });
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return response.json() as Promise<T>;
};

/** A run at work with a request that waits. */
const startRun = async (leo: TestOrchestrator, token: string): Promise<Run> => {
  const { generation } = await ask<{ generation: Generation }>(leo, token, "POST", "/api/apps", {
    prompt: "x",
  });
  const task = await leo.task(generation.id);
  const generator = await openGeneratorSocket(task.url, task.token);
  generator.send({ type: "ready", protocol: 1, started: false });
  await generator.first("start_generation");
  const path = `/api/generations/${generation.id}`;
  const { messageId } = await ask<{ messageId: string }>(leo, token, "POST", `${path}/messages`, {
    text: "blue",
  });
  return { generation, token, messageId, task, generator };
};

const eventsOf = async (leo: TestOrchestrator, { generation, token }: Run) =>
  (await ask<{ events: Event[] }>(leo, token, "GET", `/api/generations/${generation.id}/events`)).events;

const STEPS = ["launching", "task_accepted", "task_running", "connected"];

/** Waits until nothing more is heard of an attempt's start: ECS tells of its task in its own time. */
const hasStarted = (leo: TestOrchestrator, run: Run, attempt: number) => {
  const steps = async () =>
    (await eventsOf(leo, run)).flatMap((event) =>
      event.type === "attempt_progress" && event.attempt === attempt ? [event.step] : [],
    );
  return expect.poll(steps, { timeout: 30_000, interval: 20 }).toEqual(expect.arrayContaining(STEPS));
};

/** All that the owner can see of a run. */
const seenBy = async (leo: TestOrchestrator, run: Run) => {
  const path = `/api/generations/${run.generation.id}`;
  return {
    generation: await ask<Generation>(leo, run.token, "GET", path),
    events: await eventsOf(leo, run),
    messages: await ask(leo, run.token, "GET", `${path}/messages`),
  };
};

const idsOf = ({ generation, messageId, token }: Run): Ids => ({
  generationId: generation.id,
  messageId,
  accessToken: token,
  blockId: "block",
  toolUseId: "tool",
});

/** The same message, with ids that never were. */
const unknownIds = (ids: Ids): Ids => ({ ...ids, generationId: newId(), messageId: newId() });

test("no browser message reveals whether another user's generation exists", () =>
  withOrchestrator({}, async (leo) => {
    const anns = await startRun(leo, leo.token);
    const bob = await leo.sign(newId());
    const url = leo.orchestrator.url;
    const ids = idsOf(anns);
    expect(browserMessages.length).toBeGreaterThan(3);

    /** All that a socket hears after a message; the marker at the end is answered last, unless it closes. */
    const hears = async (message: FromBrowser, accessToken?: string) => {
      const page = await openUiSocket(url);
      if (accessToken) page.send({ type: "hello", protocol: 1, accessToken });
      page.send(message);
      const marker = newId();
      page.send({ type: "unsubscribe", generationId: marker });
      const isMarker = (heard: (typeof page.received)[number]) =>
        heard.type === "unsubscribed" && heard.generationId === marker;
      const isOver = () => page.socket.readyState === page.socket.CLOSED || page.received.some(isMarker);
      await expect.poll(isOver).toBe(true);
      const code = page.socket.readyState === page.socket.OPEN ? undefined : (await page.closed).code;
      page.socket.terminate();
      return { code, heard: page.received.filter((each) => !isMarker(each)) };
    };

    for (const schema of browserMessages) {
      const message = messageOf(schema, ids) as FromBrowser;
      const type = typeOf(schema);
      const isOfToken = "accessToken" in message;
      if (isOfToken) {
        for (const accessToken of ["nonsense", anns.task.token]) {
          const answer = await hears({ ...message, accessToken });
          const code = type === "hello" ? CloseCode.unauthenticated : CloseCode.protocol;
          expect([type, answer]).toEqual([type, { code, heard: [] }]);
        }
        const taken = await hears(message, bob);
        expect([type, taken.code]).toEqual([type, CloseCode.unauthenticated]);
        expect(taken.heard.map((each) => each.type)).toEqual(["welcome"]);
        continue;
      }
      expect([type, await hears(message)]).toEqual([type, { code: CloseCode.protocol, heard: [] }]);
      const foreign = await hears(message, bob);
      const unknown = unknownIds(ids);
      const never = await hears(messageOf(schema, unknown) as FromBrowser, bob);
      const asForeign = JSON.stringify(never).replaceAll(unknown["generationId"] ?? "", anns.generation.id);
      expect([type, JSON.parse(asForeign)]).toEqual([type, foreign]);
      expect(foreign.heard.some((each) => each.type === "events" || each.type === "subscribed")).toBe(false);
    }
    const own = await hears({ type: "subscribe", generationId: anns.generation.id, since: 0 }, anns.token);
    expect(own.heard.map((each) => each.type)).toContain("subscribed");
  }));

test("no generator message changes another run, whatever ids it names", () =>
  withOrchestrator({}, async (leo) => {
    const anns = await startRun(leo, leo.token);
    const bobs = await startRun(leo, await leo.sign(newId()));
    await Promise.all([anns, bobs].map((run) => hasStarted(leo, run, 1)));
    const before = await seenBy(leo, anns);
    expect(before.messages).toMatchObject({ messages: [{ id: anns.messageId, state: "waiting" }] });
    expect(generatorMessages.map(typeOf)).toEqual(["ready", "messages"]);
    expect(typeOf(factSchemas.at(-1) ?? {})).toBe("all_work_complete");

    for (const [index, schema] of factSchemas.entries()) {
      const fact = messageOf(schema, idsOf(anns)) as object;
      bobs.generator.send({ type: "messages", messages: [{ ...fact, n: index + 1 }] } as FromGenerator);
    }
    // The run may be over, and its socket closed for that, before the last acknowledgement goes out.
    let closeCode: number | undefined;
    void bobs.generator.closed.then(({ code }) => (closeCode = code));
    const hasAckedLast = () =>
      bobs.generator.received.some((message) => message.type === "ack" && message.n === factSchemas.length);
    await expect.poll(() => hasAckedLast() || closeCode === CloseCode.finished).toBe(true);

    const said = (await eventsOf(leo, bobs)).map(({ type }) => type);
    const facts = factSchemas.map(typeOf).filter((type) => type !== "all_work_complete");
    expect(said).toEqual(expect.arrayContaining(facts));
    await expect
      .poll(async () => (await seenBy(leo, bobs)).generation.state)
      .not.toBe(before.generation.state);
    expect(await seenBy(leo, anns)).toEqual(before);
    expect(anns.generator.received.filter(({ type }) => type === "user_message")).toEqual([]);
  }));

test("messages without a token, with a user's, or from a replaced attempt don't count", () =>
  withOrchestrator({}, async (leo) => {
    const anns = await startRun(leo, leo.token);
    anns.task.exit(1);
    const second = await leo.task(anns.generation.id, 2);
    const generator = await openGeneratorSocket(second.url, second.token);
    generator.send({ type: "ready", protocol: 1, started: false });
    await generator.first("start_generation");
    await hasStarted(leo, anns, 2);
    const before = await seenBy(leo, anns);

    const strangers: [who: string, token: string, code: number][] = [
      ["nobody", "", CloseCode.unauthenticated],
      ["a user", anns.token, CloseCode.unauthenticated],
      ["the attempt before", anns.task.token, CloseCode.fenced],
    ];
    const frames = factSchemas.map((schema) => messageOf(schema, idsOf(anns)) as object);
    for (const [who, token, code] of strangers) {
      const closed = frames.map(async (fact) => {
        const socket = await openGeneratorSocket(anns.task.url, token);
        socket.send({ type: "ready", protocol: 1, started: true });
        socket.send({ type: "messages", messages: [{ ...fact, n: 1 }] } as FromGenerator);
        const end = await socket.closed;
        expect([who, fact, end.code, socket.received]).toEqual([who, fact, code, []]);
      });
      await Promise.all(closed);
    }
    expect(await seenBy(leo, anns)).toEqual(before);
  }));
