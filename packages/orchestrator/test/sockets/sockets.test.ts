import { runSql } from "@leo/local/testing/database.ts";
import { describe, expect, test } from "vitest";
import { UserMessageList } from "@leo/core/api.ts";
import { newId } from "@leo/core/id.ts";
import { CloseCode } from "@leo/core/protocol/close-code.ts";
import type { NumberedMessage } from "@leo/core/protocol/generator.ts";
import { openGeneratorSocket, openUiSocket, withOrchestrator } from "../support/orchestrator.ts";
import { sharedOrchestrator, type SharedOrchestrator } from "../support/shared-orchestrator.ts";

const log = (n: number): NumberedMessage => ({ n, type: "log", level: "info", text: `line ${n}` });
const logs = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => log(from + index));

const startRun = async (leo: SharedOrchestrator) => {
  const generation = await leo.submit();
  const task = await leo.task(generation.id);
  const generator = await openGeneratorSocket(task.url, task.token);
  generator.send({ type: "ready", protocol: 1, started: false });
  return { generation, task, generator };
};

type Generator = Awaited<ReturnType<typeof openGeneratorSocket>>;

/** Waits until the generator's message `n` is acknowledged. */
const acked = async (generator: Generator, n: number) => {
  const isAck = (message: { type: string; n?: number }) => message.type === "ack" && message.n === n;
  await expect.poll(() => generator.received.some(isAck)).toBe(true);
};

const textsOf = (generator: Generator) =>
  generator.received.flatMap((message) => (message.type === "user_message" ? [message.text] : []));

const signIn = async (leo: SharedOrchestrator, url = leo.orchestrator.url) => {
  const browser = await openUiSocket(url);
  browser.send({ type: "hello", protocol: 1, accessToken: leo.token });
  await browser.first("welcome");
  return browser;
};

const seqsOf = (browser: Awaited<ReturnType<typeof signIn>>) =>
  browser.received.flatMap((message) =>
    message.type === "events" ? message.events.map(({ seq }) => seq) : [],
  );

const withShared = sharedOrchestrator();

describe("/ws/generator", () => {
  test("gets its work, and its messages are acknowledged once they are committed", () =>
    withShared(async (leo) => {
      const { generation, task, generator } = await startRun(leo);
      const start = await generator.first("start_generation");
      expect(start).toMatchObject({
        generationId: generation.id,
        attempt: 1,
        prompt: "a todo list",
        mode: "autonomous",
        preview: { ownOrigin: true, secureContext: true },
      });
      generator.send({ type: "messages", messages: logs(1, 3) });
      await expect
        .poll(() => generator.received.filter(({ type }) => type === "ack"))
        .toContainEqual({ type: "ack", n: 3 });
      const events = await leo.events(generation.id);
      expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
      expect(events.filter(({ type }) => type === "log")).toHaveLength(3);
      await leo.putManifest(generation, 1);
      generator.send({ type: "messages", messages: [{ n: 4, type: "all_work_complete" }] });
      await leo.reaches(generation.id, "completed");
      task.exit(0);
      expect(Object.keys(task.environment).toSorted()).toEqual([
        "LEO_ATTEMPT",
        "LEO_ATTEMPT_TOKEN",
        "LEO_BUDGET_USD",
        "LEO_DEADLINE_AT",
        "LEO_GENERATION_ID",
        "LEO_GENERATOR_URL",
        "LEO_MAX_TURNS",
      ]);
    }));

  test("after a cut the generator resends what was not acknowledged, and nothing is lost or doubled", () =>
    withShared(async (leo) => {
      const { generation, task, generator } = await startRun(leo);
      await generator.first("start_generation");
      generator.send({ type: "messages", messages: logs(1, 50) });
      generator.socket.terminate();
      const again = await openGeneratorSocket(task.url, task.token);
      again.send({ type: "ready", protocol: 1, started: true });
      await again.first("ack");
      again.send({ type: "messages", messages: logs(1, 60) });
      await expect.poll(() => again.received).toContainEqual({ type: "ack", n: 60 });
      const lines = (await leo.events(generation.id)).flatMap((event) =>
        event.type === "log" ? [event.text] : [],
      );
      expect(lines).toEqual(logs(1, 60).map(({ n }) => `line ${n}`));
      expect(again.received.some(({ type }) => type === "start_generation")).toBe(false);
    }));

  test("a wrong token, malformed frames, an unknown protocol and a frame of 2 MiB close with their codes", () =>
    withShared(async (leo) => {
      const generation = await leo.submit();
      const task = await leo.task(generation.id);
      const wrong = await openGeneratorSocket(task.url, "leo_at_wrong");
      expect((await wrong.closed).code).toBe(CloseCode.unauthenticated);
      const frames: [string, number][] = [
        ["not json", CloseCode.protocol],
        [JSON.stringify({ type: "ready", protocol: 99, started: false }), CloseCode.protocol],
        [JSON.stringify({ type: "messages", messages: [log(1)] }), CloseCode.protocol],
        [
          JSON.stringify({
            type: "messages",
            messages: [{ n: 1, type: "log", level: "info", text: "x".repeat(2 ** 21) }],
          }),
          CloseCode.tooBig,
        ],
      ];
      for (const [frame, code] of frames) {
        const socket = await openGeneratorSocket(task.url, task.token);
        socket.socket.send(frame);
        expect((await socket.closed).code).toBe(code);
      }
      expect((await fetch(`${leo.orchestrator.url}/health`)).status).toBe(200);
    }));

  test.for([
    ["within a frame", [[1, 3]]],
    ["between two frames", [[1], [3]]],
    [
      "within a frame that begins with a repeat",
      [
        [1, 2, 3],
        [1, 4],
      ],
    ],
  ] satisfies [string, number[][]][])("a gap in the numbers %s is a protocol error", ([, frames]) =>
    withShared(async (leo) => {
      const { generator } = await startRun(leo);
      await generator.first("start_generation");
      for (const numbers of frames) generator.send({ type: "messages", messages: numbers.map(log) });
      expect((await generator.closed).code).toBe(CloseCode.protocol);
    }),
  );

  test("a generator whose generation has ended is notified and changes nothing", () =>
    withShared(async (leo) => {
      const { generation, task, generator } = await startRun(leo);
      await leo.reaches(generation.id, "running");
      await leo.request("POST", `/api/generations/${generation.id}/cancel`);
      await generator.first("cancel");
      task.exit(0);
      await leo.reaches(generation.id, "cancelled");
      const { lastSeq } = await leo.generation(generation.id);
      expect((await generator.closed).code).toBe(CloseCode.finished);
      const late = await openGeneratorSocket(task.url, task.token);
      expect((await late.closed).code).toBe(CloseCode.finished);
      expect((await leo.generation(generation.id)).lastSeq).toBe(lastSeq);
    }));

  test("a replaced attempt is fenced", () =>
    withShared(async (leo) => {
      const { generation, task } = await startRun(leo);
      await leo.reaches(generation.id, "running");
      task.exit(1);
      const second = await leo.task(generation.id, 2);
      expect(second.token).not.toBe(task.token);
      const late = await openGeneratorSocket(task.url, task.token);
      expect((await late.closed).code).toBe(CloseCode.fenced);
    }));

  test("a message of the user reaches a generator that is between turns, also through another orchestrator", () =>
    withOrchestrator({}, async (leo) => {
      const { generation, generator } = await startRun(leo);
      await leo.reaches(generation.id, "running");
      generator.send({ type: "messages", messages: [{ n: 1, type: "plan_proposed", text: "1. A form" }] });
      await acked(generator, 1);
      const other = await leo.startAnother();
      const response = await fetch(`${other.url}/api/generations/${generation.id}/messages`, {
        method: "POST",
        headers: { authorization: `Bearer ${leo.token}`, "content-type": "application/json" },
        body: JSON.stringify({ text: "make it blue" }),
      });
      expect(response.status).toBe(202);
      expect(await generator.first("user_message")).toMatchObject({ text: "make it blue" });
      expect((await leo.events(generation.id)).at(-1)).toMatchObject({
        type: "user_message",
        text: "make it blue",
      });
    }));
});

describe("requests that the user adds", () => {
  const add = async (leo: SharedOrchestrator, generationId: string, text: string) => {
    const response = await fetch(`${leo.orchestrator.url}/api/generations/${generationId}/messages`, {
      method: "POST",
      headers: { authorization: `Bearer ${leo.token}`, "content-type": "application/json" },
      body: JSON.stringify({ text }),
    });
    const body = (await response.json()) as { messageId: string; error?: { message: string } };
    return { status: response.status, ...body };
  };
  const uploading = { type: "progress", step: "uploading" } as const;

  const turnComplete = { type: "progress", step: "turn_complete" } as const;

  test("they wait while a turn goes on, and one arrives before the end of a turn is acknowledged", () =>
    withShared(async (leo) => {
      const { generation, generator } = await startRun(leo);
      await leo.reaches(generation.id, "running");
      generator.send({ type: "messages", messages: [log(1), { n: 2, type: "progress", step: "agent" }] });
      const one = await add(leo, generation.id, "one");
      await add(leo, generation.id, "two");
      generator.send({ type: "messages", messages: [log(3)] });
      await acked(generator, 3);
      expect(textsOf(generator)).toEqual([]);
      generator.send({ type: "messages", messages: [{ n: 4, ...turnComplete }] });
      await acked(generator, 4);
      expect(textsOf(generator)).toEqual(["one"]);
      const taken = { type: "user_message_taken", messageId: one.messageId } as const;
      generator.send({ type: "messages", messages: [{ n: 5, ...taken }] });
      await acked(generator, 5);
      generator.send({ type: "messages", messages: [{ n: 6, ...turnComplete }] });
      await acked(generator, 6);
      expect(textsOf(generator)).toEqual(["one", "two"]);
    }));

  test("a waiting message can be changed or withdrawn until it's delivered, and every tab is notified", () =>
    withShared(async (leo) => {
      const { generation, generator } = await startRun(leo);
      await leo.reaches(generation.id, "running");
      const first = await add(leo, generation.id, "make it blu");
      const second = await add(leo, generation.id, "and loud");
      const path = `/api/generations/${generation.id}/messages`;
      const patch = (id: string, text: string) => leo.request("PATCH", `${path}/${id}`, { text });
      const remove = (id: string) => leo.request("DELETE", `${path}/${id}`);
      const changed = await patch(first.messageId, "make it blue");
      expect(changed.status).toBe(200);
      expect(await changed.json()).toMatchObject({
        id: first.messageId,
        text: "make it blue",
        state: "waiting",
      });
      expect((await remove(second.messageId)).status).toBe(204);
      expect((await remove(second.messageId)).status).toBe(404);
      expect((await patch(first.messageId, "")).status).toBe(400);

      generator.send({ type: "messages", messages: [{ n: 1, ...turnComplete }] });
      await acked(generator, 1);
      expect(textsOf(generator)).toEqual(["make it blue"]);
      for (const late of [await patch(first.messageId, "make it red"), await remove(first.messageId)]) {
        expect(late.status).toBe(409);
        expect(await late.text()).toContain("The agent has this request already");
      }
      const { messages } = UserMessageList.parse(await (await leo.request("GET", path)).json());
      expect(messages).toMatchObject([{ id: first.messageId, text: "make it blue", state: "delivered" }]);
      const told = (await leo.events(generation.id)).filter(({ type }) => type.startsWith("user_message"));
      expect(told.map(({ type }) => type)).toEqual([
        "user_message",
        "user_message",
        "user_message_changed",
        "user_message_removed",
      ]);
    }));

  test("of a change and a delivery at the same moment one wins, and the generator gets what was answered", () =>
    withShared(async (leo) => {
      const { generation, generator } = await startRun(leo);
      await leo.reaches(generation.id, "running");
      const { messageId } = await add(leo, generation.id, "old");
      generator.send({ type: "messages", messages: [{ n: 1, ...turnComplete }] });
      const path = `/api/generations/${generation.id}/messages/${messageId}`;
      const { status } = await leo.request("PATCH", path, { text: "new" });
      await acked(generator, 1);
      expect([200, 409]).toContain(status);
      expect(textsOf(generator)).toEqual([status === 200 ? "new" : "old"]);
    }));

  test("a message added before the version is stored arrives before the acknowledgement; later ones don't", () =>
    withShared(async (leo) => {
      const { generation, generator } = await startRun(leo);
      await leo.reaches(generation.id, "running");
      await generator.first("start_generation");
      const added = ["one", "two", "three"].map((text) => add(leo, generation.id, text));
      generator.send({ type: "messages", messages: [{ n: 1, ...uploading }] });
      const answers = await Promise.all(added);
      await acked(generator, 1);
      const accepted = answers.filter(({ status }) => status === 202);
      expect(textsOf(generator)).toHaveLength(accepted.length > 0 ? 1 : 0);
      expect(await add(leo, generation.id, "late")).toMatchObject({
        status: 409,
        error: { message: expect.stringContaining("being stored") },
      });
      generator.send({ type: "messages", messages: [{ n: 2, type: "progress", step: "agent" }] });
      await expect.poll(async () => (await add(leo, generation.id, "on time")).status).toBe(202);
    }));

  test("one whose delivery may have been lost is sent again before the first acknowledgement", () =>
    withShared(async (leo) => {
      const { generation, task, generator } = await startRun(leo);
      await leo.reaches(generation.id, "running");
      const { messageId } = await add(leo, generation.id, "make it blue");
      generator.send({ type: "messages", messages: [{ n: 1, ...turnComplete }] });
      await generator.first("user_message");
      generator.socket.terminate();
      const next = await openGeneratorSocket(task.url, task.token);
      next.send({ type: "ready", protocol: 1, started: true });
      await next.first("ack");
      expect(next.received[0]).toEqual({ type: "user_message", messageId, text: "make it blue" });
    }));

  test("one that no turn took is returned at the end, and only ten wait", () =>
    withShared(async (leo) => {
      const { generation, generator } = await startRun(leo);
      await leo.reaches(generation.id, "running");
      const added = [];
      for (let index = 0; index < 11; index += 1) added.push(await add(leo, generation.id, `wish ${index}`));
      expect(added.map(({ status }) => status)).toEqual([...Array.from({ length: 10 }, () => 202), 429]);
      const [first, ...others] = added.slice(0, 10).map(({ messageId }) => messageId);
      await leo.putManifest(generation, 1);
      const taken = { type: "user_message_taken", messageId: first ?? "" } as const;
      const end = { type: "all_work_complete" } as const;
      generator.send({
        type: "messages",
        messages: [
          { n: 1, ...taken },
          { n: 2, ...end },
        ],
      });
      await leo.reaches(generation.id, "completed");
      const events = await leo.events(generation.id);
      const returned = events.flatMap((event) =>
        event.type === "user_message_returned" ? [event.messageId] : [],
      );
      expect(returned).toEqual(others);
      expect(events.at(-1)).toMatchObject({ type: "state_changed", state: "completed" });
    }));
});

describe("/ws/ui", () => {
  test("a page that reconnects with its last seq sees every event once, whichever orchestrator serves it", () =>
    withOrchestrator({}, async (leo) => {
      const { generation, generator } = await startRun(leo);
      await generator.first("start_generation");
      const first = await signIn(leo);
      first.send({ type: "subscribe", generationId: generation.id, since: 0 });
      generator.send({ type: "messages", messages: logs(1, 100) });
      await expect.poll(() => seqsOf(first).length).toBeGreaterThan(50);
      first.socket.terminate();
      const since = seqsOf(first).at(-1) ?? 0;
      generator.send({ type: "messages", messages: logs(101, 200) });
      const other = await leo.startAnother();
      const second = await signIn(leo, other.url);
      second.send({ type: "subscribe", generationId: generation.id, since });
      generator.send({ type: "messages", messages: logs(201, 300) });
      await expect.poll(async () => (await leo.generation(generation.id)).lastSeq).toBeGreaterThan(300);
      const { lastSeq } = await leo.generation(generation.id);
      await expect.poll(() => seqsOf(second).at(-1)).toBe(lastSeq);
      const all = [...seqsOf(first), ...seqsOf(second)];
      expect(all).toEqual(all.map((_, index) => index + 1));
    }));

  test("another user's generation is not found, like an unknown one, and the socket stays open", () =>
    withShared(async (leo) => {
      const generation = await leo.submit();
      const stranger = await openUiSocket(leo.orchestrator.url);
      stranger.send({ type: "hello", protocol: 1, accessToken: await leo.sign(newId()) });
      await stranger.first("welcome");
      stranger.send({ type: "subscribe", generationId: generation.id, since: 0 });
      expect(await stranger.first("error")).toMatchObject({ code: "not_found", generationId: generation.id });
      expect(stranger.socket.readyState).toBe(stranger.socket.OPEN);
    }));

  test("wrong and expired tokens, a missing hello, malformed and oversized frames close with their codes", () =>
    withShared(async (leo) => {
      const expired = await leo.sign(leo.userId, { exp: Math.floor(Date.now() / 1000) - 60 });
      const frames: [string, number][] = [
        [JSON.stringify({ type: "hello", protocol: 1, accessToken: "nonsense" }), CloseCode.unauthenticated],
        [JSON.stringify({ type: "hello", protocol: 1, accessToken: expired }), CloseCode.unauthenticated],
        [JSON.stringify({ type: "hello", protocol: 7, accessToken: leo.token }), CloseCode.protocol],
        [JSON.stringify({ type: "subscribe", generationId: newId(), since: 0 }), CloseCode.protocol],
        [JSON.stringify({ type: "subscribe", generationId: newId(), since: 2 ** 31 }), CloseCode.protocol],
        ["{", CloseCode.protocol],
        [JSON.stringify({ type: "hello", protocol: 1, accessToken: "x".repeat(2 ** 21) }), CloseCode.tooBig],
      ];
      for (const [frame, code] of frames) {
        const socket = await openUiSocket(leo.orchestrator.url);
        socket.socket.send(frame);
        expect((await socket.closed).code).toBe(code);
      }
    }));

  test("a page whose request met a fault of the database is sent away to come back, and then gets it", () =>
    withOrchestrator({}, async (leo) => {
      const generation = await leo.submit();
      const follow = async () => {
        const page = await openUiSocket(leo.orchestrator.url);
        page.send({ type: "hello", protocol: 1, accessToken: leo.token });
        await page.first("welcome");
        page.send({ type: "subscribe", generationId: generation.id, since: 0 });
        return page;
      };
      await runSql(leo.databaseUrl, "alter table leo.apps rename to away");
      const page = await follow();
      expect((await page.closed).code).toBe(1012);
      await runSql(leo.databaseUrl, "alter table leo.away rename to apps");
      await (await follow()).first("events");
    }));

  test("a page of another origin cannot open the socket", () =>
    withShared(async (leo) => {
      await expect(openUiSocket(leo.orchestrator.url, { origin: "https://evil.example" })).rejects.toThrow(
        "403",
      );
      const own = await openUiSocket(leo.orchestrator.url, { origin: "http://localhost:5013" });
      own.socket.terminate();
    }));

  test("a token that runs out is announced; a page that renews misses nothing, one that does not is closed", () =>
    withShared(async (leo) => {
      const { generation, generator } = await startRun(leo);
      await generator.first("start_generation");
      const enter = async () => {
        // Of its own, so that neither has less time for the other's sake.
        const accessToken = await leo.sign(leo.userId, { exp: Math.floor(Date.now() / 1000) + 8 });
        const browser = await openUiSocket(leo.orchestrator.url);
        browser.send({ type: "hello", protocol: 1, accessToken });
        browser.send({ type: "subscribe", generationId: generation.id, since: 0 });
        await browser.first("token_expiring");
        return browser;
      };
      const silent = await enter();
      const renewed = await enter();
      renewed.send({ type: "renew", accessToken: leo.token });
      generator.send({ type: "messages", messages: logs(1, 50) });
      generator.send({ type: "messages", messages: logs(51, 100) });
      expect((await silent.closed).code).toBe(CloseCode.unauthenticated);
      generator.send({ type: "messages", messages: logs(101, 150) });
      await acked(generator, 150);
      const { lastSeq } = await leo.generation(generation.id);
      await expect.poll(() => seqsOf(renewed).at(-1)).toBe(lastSeq);
      expect(seqsOf(renewed)).toEqual(Array.from({ length: lastSeq }, (_, index) => index + 1));
      expect(renewed.socket.readyState).toBe(renewed.socket.OPEN);
    }));

  test("a token of another user does not renew a socket, it closes it", () =>
    withShared(async (leo) => {
      const browser = await signIn(leo);
      browser.send({ type: "renew", accessToken: await leo.sign(newId()) });
      expect((await browser.closed).code).toBe(CloseCode.unauthenticated);
    }));
});

test("an orchestrator that stops closes sockets with 1012 and lets tasks run on", () =>
  withOrchestrator({}, async (leo) => {
    const other = await leo.startAnother();
    const generation = await leo.submit();
    const task = await leo.task(generation.id);
    const generator = await openGeneratorSocket(other.generatorUrl, task.token);
    generator.send({ type: "ready", protocol: 1, started: false });
    await leo.reaches(generation.id, "running");
    await other.stop();
    expect((await generator.closed).code).toBe(CloseCode.restart);
    expect(leo.ecs.tasks()).toHaveLength(1);
    const again = await openGeneratorSocket(leo.orchestrator.generatorUrl, task.token);
    again.send({ type: "ready", protocol: 1, started: true });
    await again.first("ack");
    expect((await leo.generation(generation.id)).state).toBe("running");
  }));
