import { request as httpRequest, type IncomingMessage } from "node:http";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { readConversation } from "../src/model-server/scripts/conversation.ts";
import { MessagesRequest } from "../src/model-server/scripts/request.ts";
import { BEHAVIOURS } from "../src/model-server/scripts/behaviours.ts";
import { chooseReply } from "../src/model-server/scripts/choose-reply.ts";
import { ModelFaults } from "../src/model-server/scripts/model-faults.ts";
import { startModelServer } from "../src/model-server/start.ts";
import { ask, readEvents, withModel } from "./support/model.ts";

const messages = [{ role: "user", content: "a todo list with dark mode" }];

test("a streamed answer has the Messages API's events in their order", async () => {
  await withModel({}, async (model) => {
    const response = await ask(model, { messages, stream: true });
    expect(response.headers.get("content-type")).toContain("text/event-stream");
    const events = await readEvents(response);
    const types = events.map((event) => event.type);
    expect(types.slice(0, 3)).toEqual(["message_start", "content_block_start", "ping"]);
    expect(types.slice(-3)).toEqual(["content_block_stop", "message_delta", "message_stop"]);
    expect(events[0]?.message?.content).toEqual([]);
    expect(events.at(-2)?.delta?.stop_reason).toBe("tool_use");
    expect(events.at(-2)?.usage?.output_tokens).toBeGreaterThan(10);

    const starts = events.filter((event) => event.type === "content_block_start");
    expect(starts.map((event) => event.index)).toEqual([0, 1, 2, 3]);
    expect(starts.map((event) => event.content_block?.name ?? "text")).toEqual([
      "text",
      "Read",
      "Read",
      "Read",
    ]);
  });
});

test("the deltas of a stream add up to what a call without streaming gets", async () => {
  await withModel({}, async (model) => {
    const whole = (await (await ask(model, { messages })).json()) as {
      content: { text?: string; input?: unknown }[];
    };
    const events = await readEvents(await ask(model, { messages, stream: true }));
    const joined = (index: number) =>
      events
        .filter((event) => event.type === "content_block_delta" && event.index === index)
        .map((event) => event.delta?.text ?? event.delta?.partial_json ?? "")
        .join("");
    expect(joined(0)).toBe(whole.content[0]?.text);
    expect([1, 2, 3].map((index) => JSON.parse(joined(index)) as unknown)).toEqual(
      whole.content.slice(1).map((block) => block.input),
    );
  });
});

test("tool paths lie in the workspace that the system prompt names, else in the environment block's", async () => {
  await withModel({}, async (model) => {
    const firstPath = async (body: Record<string, unknown>) => {
      const { content } = (await (await ask(model, body)).json()) as {
        content: { input?: { file_path: string } }[];
      };
      return content[1]?.input?.file_path;
    };
    expect(await firstPath({ messages, system: "Hello.\nWorkspace: /srv/my app\nBye." })).toBe(
      "/srv/my app/src/App.tsx",
    );
    const environment = { role: "system", content: "# Environment\n - Primary working directory: /tmp/ws\n" };
    expect(await firstPath({ messages: [...messages, environment], system: "Hello." })).toBe(
      "/tmp/ws/src/App.tsx",
    );
  });
});

test("the same conversation gets the same turn however often it is sent", async () => {
  await withModel({}, async (model) => {
    const texts = await Promise.all(
      [1, 2, 3].map(async () => {
        const { content } = (await (await ask(model, { messages })).json()) as {
          content: { text: string }[];
        };
        return content[0]?.text;
      }),
    );
    expect(new Set(texts).size).toBe(1);
    expect(texts[0]).toContain("Todo list");
  });
});

test("requests that cannot write files are answered aside and take no turn", async () => {
  await withModel({}, async (model) => {
    const aside = async (body: Record<string, unknown>) => {
      const response = await ask(model, { messages, tools: [], ...body });
      return (await response.json()) as { content: { text: string }[]; stop_reason: string };
    };
    const title = await aside({ output_config: { format: { type: "json_schema" } } });
    expect(JSON.parse(title.content[0]?.text ?? "")).toMatchObject({ title: "Todo list" });
    const plain = await aside({});
    expect(plain.stop_reason).toBe("end_turn");
    const own = (await (await ask(model, { messages })).json()) as { content: { type: string }[] };
    expect(own.content.some((block) => block.type === "tool_use")).toBe(true);
  });
});

test("count_tokens grows with the conversation", async () => {
  await withModel({}, async (model) => {
    const count = async (text: string) => {
      const response = await fetch(`${model.url}/v1/messages/count_tokens`, {
        method: "POST",
        body: JSON.stringify({ model: "m", messages: [{ role: "user", content: text }] }),
      });
      return ((await response.json()) as { input_tokens: number }).input_tokens;
    };
    const short = await count("hello");
    expect(short).toBeGreaterThan(0);
    expect(await count("hello ".repeat(1_000))).toBeGreaterThan(short + 1_000);
  });
});

test("what the harness asks besides is tolerated, and anything else is refused as the API does", async () => {
  await withModel({}, async (model) => {
    expect((await fetch(model.url, { method: "HEAD" })).status).toBe(200);
    const models = (await (await fetch(`${model.url}/v1/models`)).json()) as { data: unknown[] };
    expect(models.data.length).toBeGreaterThan(0);

    const unknown = await fetch(`${model.url}/v1/files`, { method: "POST", body: "{}" });
    expect(unknown.status).toBe(404);
    expect(await unknown.json()).toMatchObject({ type: "error", error: { type: "not_found_error" } });

    for (const body of ["not json", "{}", JSON.stringify({ model: "m", messages: [] })]) {
      const response = await fetch(`${model.url}/v1/messages`, { method: "POST", body });
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({
        type: "error",
        error: { type: "invalid_request_error" },
      });
    }
  });
});

test("a body over 32 MB is refused", async () => {
  await withModel({}, async (model) => {
    const body = "x".repeat(33 * 1024 * 1024);
    const response = await fetch(`${model.url}/v1/messages`, { method: "POST", body });
    expect(response.status).toBe(413);
    expect(await response.json()).toMatchObject({ error: { type: "request_too_large" } });
  });
});

test("requests are recorded, the newest so many", async () => {
  await withModel({ recordMax: 2 }, async (model) => {
    for (const content of ["one", "two", "three"]) {
      await (await ask(model, { messages: [{ role: "user", content }] })).text();
    }
    const prompts = model.requests.map(
      (request) => (request.body as { messages: { content: string }[] }).messages,
    );
    expect(prompts.map(([message]) => message?.content)).toEqual(["two", "three"]);
    expect(model.requests[0]).toMatchObject({ method: "POST", path: "/v1/messages" });
  });
});

test("the pace is kept between deltas, and the first text does not wait for it", async () => {
  const waits: number[] = [];
  const sleep = (durationMs: number) => Promise.resolve(waits.push(durationMs));
  await withModel({ paceMs: 15, sleep }, async (model) => {
    const events = await readEvents(await ask(model, { messages, stream: true }));
    const deltas = events.filter((event) => event.type === "content_block_delta");
    expect(waits).toEqual(deltas.map(() => 15));
  });
});

const CHOSEN = "a todo list";
const looked = [
  { role: "assistant", content: [{ type: "tool_use", id: "toolu_1", name: "Read", input: {} }] },
  { role: "user", content: [{ type: "tool_result", tool_use_id: "toolu_1", content: "" }] },
];
/** The reply to a prompt's first or second turn, without the prompt's own words. */
const replyTo = async (prompt: string, scenario: string, more: object[]) => {
  const context = { scenario, slowMs: 5, modelFaults: new ModelFaults(() => Date.UTC(2026, 11, 1)) };
  const body = {
    model: "m",
    tools: [{ name: "Write" }],
    messages: [{ role: "user", content: prompt }, ...more],
  };
  const request = MessagesRequest.parse(body);
  return chooseReply(request, readConversation(request), context);
};

test.for(BEHAVIOURS)("%s is the same by a word in the prompt and by the environment", async (name) => {
  for (const more of [[], looked]) {
    const byWord = await replyTo(`${CHOSEN} mock:${name}`, "", more);
    expect(await replyTo(CHOSEN, name, more)).toEqual(byWord);
  }
  const plain = await Promise.all([[], looked].map((more) => replyTo(CHOSEN, "", more)));
  const own = await Promise.all([[], looked].map((more) => replyTo(CHOSEN, name, more)));
  const LATER = ["success", "build-error", "build-error-forever", "blank-page", "needs-https"];
  if (LATER.includes(name)) return expect(own).toEqual(plain);
  expect(own).not.toEqual(plain);
});

test("the table for people names every behaviour, and no other", () => {
  const readme = readFileSync(new URL("../README.md", import.meta.url), "utf8");
  const [, table = ""] = readme.split("### Behaviours");
  const [rows = ""] = table.split("## Scripted generator");
  const named = rows.split("\n").flatMap((row) => row.split("|")[1]?.match(/(?<=`)[a-z-]+(?=`)/g) ?? []);
  expect(named.toSorted()).toEqual(BEHAVIOURS.toSorted());
});

test("behaviours hold together: turns are put in one after another, and each is slow", async () => {
  const scenario = "big-file long-tool slow";
  const prompts = [looked, [...looked, ...looked], [...looked, ...looked, ...looked]];
  const replies = await Promise.all(prompts.map((more) => replyTo(CHOSEN, scenario, more)));
  const turns = replies.map((reply) => (reply.kind === "turn" ? reply.turn : {}));
  expect(turns.map(({ text }) => text).slice(0, 2)).toEqual(["Adding a film.", "Waiting for a long job."]);
  expect(turns.map(({ waitMs }) => waitMs)).toEqual([5, 5, 5]);
  const plain = await replyTo(CHOSEN, "slow", looked);
  expect(replies.at(-1)).toEqual(plain);
});

test("a fault lasts as long as it says, for each session by itself, or until the model is made well", async () => {
  let nowMs = Date.UTC(2026, 11, 1);
  await withModel({ nowMs: () => nowMs }, async (model) => {
    const statusOf = async (behaviour: string, session: string) => {
      const prompt = { role: "user", content: `${CHOSEN} mock:${behaviour}` };
      const body = { messages: [prompt, ...looked], metadata: { user_id: session } };
      return (await ask(model, body)).status;
    };
    expect([await statusOf("overloaded=2", "a"), await statusOf("overloaded=2", "a")]).toEqual([529, 529]);
    expect([await statusOf("overloaded=2", "a"), await statusOf("overloaded=2", "b")]).toEqual([200, 529]);
    expect(await statusOf("server-error=30s", "a")).toBe(500);
    nowMs += 29_999;
    expect(await statusOf("server-error=30s", "a")).toBe(500);
    nowMs += 1;
    expect(await statusOf("server-error=30s", "a")).toBe(200);
    expect(await statusOf("rate-limit", "a")).toBe(429);
    nowMs += 5_000;
    expect([await statusOf("rate-limit", "a"), await statusOf("rate-limit=forever", "a")]).toEqual([
      200, 429,
    ]);
    await fetch(`${model.url}/faults`, { method: "DELETE" });
    expect(await statusOf("rate-limit=forever", "a")).toBe(200);
  });
});

test.for(["overloaded=soon", "overloaded=-1", "crash=3"])("%s is no behaviour", async (word) => {
  await expect(startModelServer({ scenario: word })).rejects.toThrow(word);
});

test("close ends an answer that would never come", async () => {
  const model = await startModelServer({ scenario: "stall" });
  const stalled = [
    ...messages,
    { role: "assistant", content: [{ type: "tool_use", id: "toolu_1", name: "Read", input: {} }] },
    { role: "user", content: [{ type: "tool_result", tool_use_id: "toolu_1", content: "" }] },
  ];
  const response = await ask(model, { messages: stalled, stream: true });
  const read = response.text();
  await model.close();
  await expect(read).rejects.toThrow("terminated");
});

test("an unknown scenario and a taken port are refused at the start", async () => {
  await expect(startModelServer({ scenario: "no-such-thing" })).rejects.toThrow("no-such-thing");
  await withModel({}, async (model) => {
    const port = Number(new URL(model.url).port);
    await expect(startModelServer({ port })).rejects.toThrow("EADDRINUSE");
  });
});

test("as a process it prints its address, answers, and ends on SIGTERM", async () => {
  const main = fileURLToPath(new URL("../src/model-server/main.ts", import.meta.url));
  const env = { PATH: process.env.PATH, PORT: "0", LEO_MOCK_SCENARIO: "stall", LEO_MOCK_PACE_MS: "0" };
  const child = spawn(process.execPath, [main], { env, stdio: ["ignore", "pipe", "inherit"] });
  const exited = once(child, "exit");
  try {
    const [line] = (await once(child.stdout, "data")) as [Buffer];
    const { url } = JSON.parse(line.toString("utf8")) as { url: string };
    const request = { url } as Parameters<typeof ask>[0];
    const first = await ask(request, { messages, stream: true });
    expect((await readEvents(first)).at(-1)?.type).toBe("message_stop");
  } finally {
    child.kill("SIGTERM");
  }
  expect(await exited).toEqual([0, null]);
});

test("a name that another site leads here is answered with 421", () =>
  withModel({}, async (model) => {
    const { port } = new URL(model.url);
    const sent = httpRequest({ port, path: "/v1/models", headers: { host: "evil.example" } });
    sent.end();
    const [response] = (await once(sent, "response")) as [IncomingMessage];
    expect(response.resume().statusCode).toBe(421);
  }));
