import type { SDKMessage } from "@anthropic-ai/claude-agent-sdk";
import { expect, test } from "vitest";
import type { GeneratorFact } from "@leo/core/event.ts";
import { MessageTranslator } from "../src/agent/translator.ts";
import { toolResult, toolTarget } from "../src/agent/tool-summary.ts";
import { cleanFact } from "../src/report.ts";
import { manualClock } from "./support/manual-clock.ts";

const setUp = () => {
  const facts: GeneratorFact[] = [];
  const clock = manualClock();
  const endless: string[] = [];
  let toolsEnded = 0;
  const translator = new MessageTranslator({
    report: (fact) => facts.push(cleanFact(fact)),
    clock,
    workspace: "/run/workspace",
    onToolEnded: () => {
      toolsEnded += 1;
    },
    onEndlessText: (cause) => endless.push(cause),
  });
  const say = (message: unknown) => translator.translate(message as SDKMessage);
  const stream = (event: unknown) => say({ type: "stream_event", parent_tool_use_id: null, event });
  const text = (piece: string, index = 0) =>
    stream({ type: "content_block_delta", index, delta: { type: "text_delta", text: piece } });
  return { facts, endless, clock, translator, say, stream, text, toolsEnded: () => toolsEnded };
};

const texts = (facts: GeneratorFact[]) =>
  facts.map((fact) => (fact.type === "agent_text" ? `${fact.text}${fact.done ? "|" : ""}` : fact.type));

test("the first word is told at once, what follows at most every 50 ms, and a block is closed once", () => {
  const { facts, clock, stream, text } = setUp();
  stream({ type: "message_start", message: { id: "m1" } });
  for (const piece of ["Fi", "rst ", "one ", "two ", "thr"]) text(piece);
  expect(texts(facts)).toEqual(["First "]);
  clock.advance(49);
  expect(facts).toHaveLength(1);
  clock.advance(1);
  expect(texts(facts)).toEqual(["First ", "one two "]);
  text("ee ");
  expect(facts).toHaveLength(2);
  clock.advance(50);
  expect(texts(facts)).toEqual(["First ", "one two ", "three "]);
  clock.advance(50);
  text("fo");
  text("ur");
  stream({ type: "content_block_stop", index: 0 });
  stream({ type: "content_block_stop", index: 0 });
  clock.advance(1_000);
  expect(texts(facts)).toEqual(["First ", "one two ", "three ", "four", "|"]);
  expect(facts.every((fact) => fact.type === "agent_text" && fact.blockId === "m1:0")).toBe(true);
});

test("a credential that comes token by token is scrubbed whole", () => {
  const { facts, clock, stream, text } = setUp();
  stream({ type: "message_start", message: { id: "m1" } });
  for (const piece of ["the key is sk-a", "nt-abcd", "efghijklmnop", " done"]) {
    text(piece);
    clock.advance(60);
  }
  stream({ type: "content_block_stop", index: 0 });
  const told = texts(facts).join("");
  expect(told).toContain("the key is [removed: anthropic] done");
  expect(told).not.toContain("efgh");
});

test("an unstreamed response is reported once, a streamed one isn't repeated, harness text is dropped", () => {
  const { facts, say, stream, text } = setUp();
  const whole = (id: string, content: string, more: object = {}) =>
    say({
      type: "assistant",
      parent_tool_use_id: null,
      message: { id, content: [{ type: "text", text: content }], ...more },
    });
  stream({ type: "message_start", message: { id: "m1" } });
  text("streamed");
  stream({ type: "content_block_stop", index: 0 });
  whole("m1", "streamed");
  whole("m2", "in one piece");
  whole("m3", "API Error: run /login", { model: "<synthetic>" });
  stream({ type: "message_delta", delta: { stop_reason: "end_turn" } });
  expect(texts(facts)).toEqual(["streamed", "|", "in one piece", "|"]);
});

test("all blocks of an answer that breaks off are taken back, those of one that came to its end are not", () => {
  const { facts, say, stream, text, translator } = setUp();
  const answer = (id: string) => {
    stream({ type: "message_start", message: { id } });
    text("one ");
    stream({ type: "content_block_stop", index: 0 });
    text("two ", 1);
  };
  const taken = () =>
    facts.flatMap((fact) => (fact.type === "agent_text" && fact.brokenOff ? fact.blockId : []));
  const retry = { type: "system", subtype: "api_retry", attempt: 1, retry_delay_ms: 500, error_status: null };
  answer("m1");
  say(retry);
  expect(taken()).toEqual(["m1:0", "m1:1"]);
  // The harness closes it by itself.
  answer("m2");
  stream({ type: "content_block_stop", index: 1 });
  stream({ type: "message_stop" });
  say(retry);
  // Another answer begins.
  answer("m3");
  answer("m4");
  stream({ type: "message_delta", delta: { stop_reason: "end_turn" } });
  stream({ type: "message_stop" });
  translator.end();
  expect(taken()).toEqual(["m1:0", "m1:1", "m2:0", "m2:1", "m3:0", "m3:1"]);
  expect(facts.filter(({ type }) => type === "progress")).toEqual([
    expect.objectContaining({ step: "rate_limited", text: "Claude's answer broke off." }),
    { type: "progress", step: "agent" },
    expect.objectContaining({ step: "rate_limited" }),
    { type: "progress", step: "agent" },
  ]);
});

test("a tool is told when it starts and when it ends; one without an answer fails at the end", () => {
  const { facts, translator, say, toolsEnded } = setUp();
  const use = (id: string, name: string, input: unknown) =>
    say({
      type: "assistant",
      parent_tool_use_id: null,
      message: { id: "m", content: [{ type: "tool_use", id, name, input }] },
    });
  use("t1", "Write", { file_path: "/run/workspace/src/App.tsx", content: "x" });
  use("t2", "Bash", { command: "npm run build" });
  const answer = { type: "tool_result", tool_use_id: "t1", content: "written to /run/workspace/src/App.tsx" };
  say({ type: "user", parent_tool_use_id: null, message: { role: "user", content: [answer, answer] } });
  expect(translator.waitingTool).toBe("Bash npm run build");
  translator.end();
  expect(facts).toEqual([
    { type: "agent_tool", toolUseId: "t1", name: "Write", target: "src/App.tsx", status: "running" },
    { type: "agent_tool", toolUseId: "t2", name: "Bash", target: "npm run build", status: "running" },
    {
      type: "agent_tool",
      toolUseId: "t1",
      name: "Write",
      target: "src/App.tsx",
      status: "succeeded",
      result: "written to src/App.tsx",
    },
    expect.objectContaining({ toolUseId: "t2", status: "failed" }),
  ]);
  expect(toolsEnded()).toBe(1);
});

test("text without end is told to two million characters and noticed once", () => {
  const { facts, endless, translator, stream, text } = setUp();
  stream({ type: "message_start", message: { id: "m1" } });
  for (let index = 0; index < 300; index += 1) text("word ".repeat(2_000));
  translator.end();
  const chars = facts.reduce((sum, fact) => sum + (fact.type === "agent_text" ? fact.text.length : 0), 0);
  expect(chars).toBe(2_000_000);
  expect(endless).toEqual(["the agent wrote more than 2000000 characters"]);
});

test("long thinking is a sign of life every 30 seconds", () => {
  const { facts, clock, stream } = setUp();
  for (let second = 0; second < 60; second += 1) {
    stream({ type: "content_block_delta", index: 0, delta: { type: "thinking_delta", thinking: "hm" } });
    clock.advance(1_000);
  }
  expect(facts).toEqual([
    { type: "progress", step: "agent", text: "Thinking" },
    { type: "progress", step: "agent", text: "Thinking" },
  ]);
});

test("a tool's target and answer are short and relative", () => {
  const workspace = "/run/workspace";
  expect(toolTarget({ pattern: "use.*" }, workspace)).toBe("use.*");
  expect(toolTarget({ path: "/run/workspace" }, workspace)).toBe("/run/workspace");
  expect(toolTarget({ file_path: "/run/workspace-2/a" }, workspace)).toBe("/run/workspace-2/a");
  expect(toolTarget("nothing", workspace)).toBeUndefined();
  expect(toolTarget({ command: "x".repeat(900) }, workspace)).toHaveLength(500);
  const lines = Array.from({ length: 40 }, (_, index) => `line ${index}`).join("\n");
  expect(toolResult([{ type: "text", text: lines }], workspace).split("\n")).toHaveLength(13);
  expect(toolResult("<tool_use_error>no such file</tool_use_error>", workspace)).toBe("no such file");
});
