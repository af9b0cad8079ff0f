/**
 * Ten thousand pieces of bad input, made from the API's own document and from the schemas of both
 * sockets: none may end in a 500, a crash, a hang, or a changed prototype.
 */
import { Agent, request } from "node:http";
import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeJwt } from "jose";
import { z } from "zod";
import { ApiError, type CreatedApp, type CreatedShare } from "@leo/core/api.ts";
import { newId } from "@leo/core/id.ts";
import { CloseCode } from "@leo/core/protocol/close-code.ts";
import { FromGenerator } from "@leo/core/protocol/generator.ts";
import { FromBrowser } from "@leo/core/protocol/ui.ts";
import { WebSocket } from "ws";
import { withApi, type TestApi } from "./support/api.ts";
import { fill, nameOf, operationsOf, type Operation } from "./support/document.ts";
import { hostileJson, hostileText, hostileValue } from "./support/hostile.ts";
import { withOrchestrator, type HeldTask, type TestOrchestrator } from "./support/orchestrator.ts";
import type { Schema } from "./support/schema.ts";
import { completeGeneration } from "./support/version.ts";

const HTTP_CASES = 4_500;
const ADMIN_CASES = 500;
const BROWSER_CASES = 4_000;
/** The fewest: most frames are refused, and each refusal means a new connection with its handshake. */
const GENERATOR_CASES = 1_000;
const PARALLEL = 20;
/** No answer takes this long, on a busy machine either. */
const ANSWER_MAX_MS = 20_000;

/** The same seed makes the same input again. */
const seed = Number(process.env["LEO_FUZZ_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
console.log(`bad input is made with LEO_FUZZ_SEED=${seed}`);

const inTime = async <T>(what: string, work: Promise<T>): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer: ${what}`)), ANSWER_MAX_MS);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
};

/** Tries `count` cases, some at once: one after the other would leave the server idle. */
const tryAll = async <T>(
  arbitrary: fc.Arbitrary<T>,
  count: number,
  attempt: (input: T, index: number) => Promise<void>,
) => {
  const inputs = fc.array(arbitrary, { minLength: PARALLEL, maxLength: PARALLEL });
  const all = fc.asyncProperty(inputs, async (some) => {
    await Promise.all(some.map(attempt));
  });
  const { failed, errorInstance } = await fc.check(all, {
    seed,
    numRuns: count / PARALLEL,
    endOnFailure: true,
  });
  // What fast-check itself would print is all the input that was under way.
  if (failed) throw errorInstance;
};

const isUnharmed = () => {
  expect(Object.keys(Object.prototype)).toEqual([]);
  expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
};

interface Case {
  operation: Operation;
  token: string | null;
  path: string;
  headers: Record<string, string>;
  body: string | Buffer | undefined;
}

const agent = new Agent({ keepAlive: true, maxSockets: PARALLEL });

const send = (url: string, { operation, token, path, headers, body }: Case) =>
  new Promise<{ status: number; type: string; text: string }>((resolve, reject) => {
    const sent = request(url + path, {
      agent,
      method: operation.method,
      headers: {
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
    });
    sent.on("error", reject);
    sent.on("response", (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("error", reject);
      response.on("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          type: response.headers["content-type"] ?? "",
          text: Buffer.concat(parts).toString(),
        }),
      );
    });
    sent.end(body);
  });

/** What can be named: an app with everything, one to delete, one of another user. */
const makeApps = async (api: TestApi) => {
  const make = async (owner: string) => {
    const created = await api.call<z.infer<typeof CreatedApp>>(owner, "POST", "/api/apps", { prompt: "x" });
    const { app, generation } = created.body;
    const files = { source: { "src/App.tsx": "1" }, dist: { "index.html": "<p>" } };
    await completeGeneration(api, generation.id, files);
    const path = `/api/apps/${app.id}/shares`;
    const { share } = (await api.call<z.infer<typeof CreatedShare>>(owner, "POST", path, {})).body;
    return { appId: app.id, id: generation.id, shareId: share.id };
  };
  return { lasting: await make(api.ann), doomed: await make(api.ann), foreign: await make(api.bob) };
};

/** Header values that Node's client takes. */
const headerText = hostileText.map((text) => text.replaceAll(/[^\x20-\x7e]/g, "").slice(0, 300));
const headers = fc.dictionary(
  fc.constantFrom(
    "idempotency-key",
    "x-request-id",
    "x-forwarded-for",
    "accept",
    "accept-encoding",
    "range",
    "if-range",
    "if-none-match",
    "origin",
    "cookie",
    "content-type",
    "authorization",
    "traceparent",
  ),
  headerText,
  { maxKeys: 2 },
);

test("no request, however odd, makes any route answer 5xx or hang", { timeout: 300_000 }, () =>
  withApi(
    async (api) => {
      const { lasting, doomed, foreign } = await makeApps(api);
      const operations = await operationsOf(api);
      const admin = await api.sign(newId(), { app_metadata: { role: "admin" } });
      const isForAdmins = ({ path }: Operation) => path.startsWith("/api/admin/");
      const ids = [...Object.values(lasting), ...Object.values(foreign), newId()];

      const parameter = (known: string) =>
        fc
          .oneof(
            { weight: 5, arbitrary: fc.constant(known) },
            { weight: 1, arbitrary: fc.constantFrom(...ids) },
            { weight: 2, arbitrary: hostileText },
          )
          .map((part) => encodeURIComponent(part));
      const queryOf = ({ parameters }: Operation) => {
        const names = parameters.filter((each) => each.in === "query").map(({ name }) => name);
        const pair = fc.tuple(
          fc.constantFrom(...names, "x", "__proto__"),
          fc.oneof(hostileText, fc.constantFrom(...ids)),
        );
        return fc.array(pair, { maxLength: 3 }).map((pairs) => new URLSearchParams(pairs).toString());
      };
      const caseOf = (operation: Operation): fc.Arbitrary<Case> => {
        const things: Record<string, string> = {
          // What is deleted must not take the rest with it.
          ...(operation.method === "DELETE" ? doomed : lasting),
          path: "src/App.tsx",
          token: `leo_sh_${"x".repeat(43)}`,
          userId: decodeJwt(api.ann).sub ?? "",
        };
        const named = [...operation.path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name);
        const values = fc.record(
          Object.fromEntries(named.map((name) => [name, parameter(things[name] ?? newId())])),
        );
        return fc.record({
          operation: fc.constant(operation),
          token: fc.oneof(
            { weight: 12, arbitrary: fc.constant(isForAdmins(operation) ? admin : api.ann) },
            { weight: 1, arbitrary: fc.constantFrom(api.bob, null, "garbage", `${api.ann}x`) },
          ),
          path: fc
            .tuple(values, queryOf(operation))
            .map(([filled, query]) => `${fill(operation.path, filled)}${query && `?${query}`}`),
          headers: fc.option(headers, { freq: 3, nil: {} }),
          body: operation.body ? hostileJson(operation.body, ids) : fc.constant(undefined),
        });
      };
      const statuses = new Map<string, Set<number>>();
      const tryRoute = async (input: Case) => {
        const what = `${input.operation.method} ${input.path.slice(0, 300)}`;
        const { status, type, text } = await inTime(what, send(api.url, input)).catch((cause: unknown) => {
          throw new Error(`${what} ${JSON.stringify(input.headers)} ${input.body?.length} bytes`, { cause });
        });
        expect([what, status < 500]).toEqual([what, true]);
        if (status >= 400 && type.startsWith("application/json")) ApiError.parse(JSON.parse(text));
        const name = nameOf(input.operation);
        statuses.set(name, (statuses.get(name) ?? new Set()).add(status));
      };
      const users = operations.filter((operation) => !isForAdmins(operation));
      await tryAll(fc.oneof(...users.map(caseOf)), HTTP_CASES, tryRoute);
      // Last: an operator may close the intake and suspend whoever sends the rest.
      const admins = operations.filter(isForAdmins);
      await tryAll(fc.oneof(...admins.map(caseOf)), ADMIN_CASES, tryRoute);
      // Nothing is at work that an operator could stop; everything else has been done. Chance may leave one out.
      const untaken = admins.map(nameOf).filter((name) => !statuses.get(name)?.has(200));
      expect(untaken).toContain("POST /api/admin/generations/{id}/cancel");
      expect(untaken.length).toBeLessThanOrEqual(2);
      isUnharmed();
      expect((await api.call(null, "GET", "/health")).status).toBe(200);
      expect(api.logged().filter((line) => line.includes('"level":50'))).toEqual([]);
      // The input was neither all refused nor all taken.
      const all = [...statuses.values()].flatMap((seen) => [...seen]);
      expect(statuses.size).toBe(operations.length);
      for (const status of [200, 201, 400, 401, 404]) expect(all).toContain(status);
    },
    {
      env: {
        LEO_QUEUED_PER_USER: "100000",
        LEO_GENERATIONS_PER_DAY: "100000",
        LEO_USER_DAY_BUDGET_USD: "1000000",
        LEO_PLATFORM_DAY_BUDGET_USD: "1000000",
      },
    },
  ),
);

/** Codes with which a socket may refuse what it got. Anything else means that Leo failed. */
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
  until: (fits: (message: Message) => boolean) => Promise<"answered" | "closed">;
}
type Message = { type: string } & Record<string, unknown>;

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

/** Counts how cases end: in both ways, and never by a fault of Leo's. */
const createTally = () => {
  const tally = { answered: 0, closed: 0 };
  const count = (talk: Talk, outcome: keyof typeof tally) => {
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
    count(talk, outcome);
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
  const talk = await openTalk(speaker.task.url, `Bearer ${speaker.task.token}`);
  sendText(talk, READY);
  expect(await heard(speaker, talk)).toBe("answered");
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
  const speakers = await Promise.all(Array.from({ length: PARALLEL }, () => startSpeaker(leo)));
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
    const talk = await connected(speaker);
    const text = compose(speaker);
    // Every frame is acknowledged or refused.
    sendText(talk, endsRun(text.toString()) ? READY : text);
    count(talk, await heard(speaker, talk));
    if (speaker.n > N_MAX) speakers[index] = await startSpeaker(leo);
  });
  for (const { talk } of speakers) talk?.socket.terminate();
  for (const outcomes of Object.values(tally)) expect(outcomes).toBeGreaterThan(GENERATOR_CASES / 50);
};

test(
  "no message, however odd, makes a socket fail, hang or take down the process",
  { timeout: 300_000 },
  () =>
    withOrchestrator(
      {
        settings: {
          LEO_VCPU_BUDGET: "4000",
          LEO_RUNNING_PER_USER: "1000",
          LEO_QUEUED_PER_USER: "1000",
          LEO_GENERATIONS_PER_DAY: "100000",
          LEO_USER_DAY_BUDGET_USD: "1000000",
          LEO_PLATFORM_DAY_BUDGET_USD: "1000000",
        },
      },
      async (leo) => {
        const generation = await leo.submit();
        await browserCases(leo, generation.id);
        await generatorCases(leo);
        isUnharmed();
        expect((await fetch(`${leo.orchestrator.url}/health`)).status).toBe(200);
      },
    ),
);
