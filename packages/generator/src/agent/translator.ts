/**
 * Turns what the harness says into facts. It keeps what is needed to tell a block's pieces apart
 * and a tool's outcome from its start, and nothing else.
 */
import type { SDKMessage } from "@anthropic-ai/claude-agent-sdk";
import type { Report } from "../report.ts";
import type { Clock } from "../socket/clock.ts";
import { TextCoalescer } from "./text-coalescer.ts";
import { toolResult, toolTarget } from "./tool-summary.ts";

/** The model that the harness names for its own messages. */
const HARNESS_MODEL = "<synthetic>";
/** Text of one run beyond which it is a loop, not an answer. */
const TEXT_MAX_CHARS = 2_000_000;
/** How often a person is told that the agent is still thinking. */
const THINKING_REPORTED_EVERY_MS = 30_000;

export interface TranslatorOptions {
  report: Report;
  clock: Clock;
  workspace: string;
  /** Called when a tool that may have changed files has ended. */
  onToolEnded: () => void;
  /** Called once when the agent's text has no end; what follows is not told. */
  onEndlessText: (text: string) => void;
}

type StreamEvent = Extract<SDKMessage, { type: "stream_event" }>["event"];
type UserContent = Extract<SDKMessage, { type: "user" }>["message"]["content"];
type AssistantBlock = Extract<SDKMessage, { type: "assistant" }>["message"]["content"][number];

export const ANSWER_BROKE_OFF = "Claude's answer broke off.";

export class MessageTranslator {
  readonly #options: TranslatorOptions;
  readonly #text: TextCoalescer;
  readonly #runningTools = new Map<string, { name: string; target: string | undefined }>();
  #messageId = "";
  /** Text blocks of the answer that streams now; empty once it has come to its end. */
  #openBlocks: string[] = [];
  #waitsForRetry = false;
  readonly #streamed = new Set<string>();
  #textChars = 0;
  #thinkingReportedMs = -Infinity;

  constructor(options: TranslatorOptions) {
    this.#options = options;
    this.#text = new TextCoalescer(options.report, options.clock);
  }

  /** The tool call that has waited longest for its answer, for a person. */
  get waitingTool(): string | undefined {
    const [tool] = this.#runningTools.values();
    return tool && `${tool.name} ${tool.target ?? ""}`.trim();
  }

  /** Reports the facts of one message. */
  translate(message: SDKMessage): void {
    if (message.type === "stream_event") {
      if (message.parent_tool_use_id === null) this.#streamEvent(message.event);
      return;
    }
    if (message.type === "assistant") {
      // What the harness itself says of a failure names the wrong remedies; the run's end says what to do.
      if (message.error || message.message.model === HARNESS_MODEL) return;
      for (const block of message.message.content) this.#assistantBlock(message.message.id, block);
      return;
    }
    if (message.type === "user") return this.#toolResults(message.message.content);
    if (message.type === "system" && message.subtype === "api_retry") this.#retry(message.retry_delay_ms);
  }

  /** Closes what is open: the turn is over. Tools without an answer are told as failed. */
  end(): void {
    this.#breakOff();
    this.#text.end();
    for (const [toolUseId, { name, target }] of this.#runningTools) {
      const result = "The run ended before the tool answered.";
      this.#options.report({ type: "agent_tool", toolUseId, name, target, status: "failed", result });
    }
    this.#runningTools.clear();
  }

  #streamEvent(event: StreamEvent): void {
    if (event.type === "message_start") {
      this.#breakOff();
      this.#messageId = event.message.id;
      if (this.#waitsForRetry) this.#options.report({ type: "progress", step: "agent" });
      this.#waitsForRetry = false;
    }
    // The harness closes a stream that broke off as if it were whole, but for this.
    if (event.type === "message_delta" && event.delta.stop_reason) this.#openBlocks = [];
    if (event.type === "message_stop") this.#breakOff();
    if (event.type === "content_block_stop") return this.#text.end();
    if (event.type !== "content_block_delta") return;
    if (event.delta.type === "text_delta") return this.#say(event.index, event.delta.text);
    if (event.delta.type === "thinking_delta") this.#thinking();
  }

  #say(index: number, text: string): void {
    this.#streamed.add(this.#messageId);
    this.#textChars += text.length;
    if (this.#textChars > TEXT_MAX_CHARS) {
      const isFirst = this.#textChars - text.length <= TEXT_MAX_CHARS;
      if (isFirst) this.#options.onEndlessText(`the agent wrote more than ${TEXT_MAX_CHARS} characters`);
      return;
    }
    const blockId = `${this.#messageId}:${index}`;
    if (!this.#openBlocks.includes(blockId)) this.#openBlocks.push(blockId);
    this.#text.add(blockId, text);
  }

  /** What an answer has said that never came to its end does not count: the model says it anew. */
  #breakOff(): void {
    if (this.#openBlocks.length === 0) return;
    this.#text.end();
    for (const blockId of this.#openBlocks) {
      this.#options.report({ type: "agent_text", blockId, text: "", done: true, brokenOff: true });
    }
    this.#openBlocks = [];
  }

  #assistantBlock(messageId: string, block: AssistantBlock): void {
    const { report, workspace } = this.#options;
    if (block.type === "text" && !this.#streamed.has(messageId)) {
      // The harness made this text itself, or the answer came without a stream.
      return this.#text.whole(`${messageId}:whole`, block.text);
    }
    if (block.type !== "tool_use") return;
    const target = toolTarget(block.input, workspace);
    this.#text.end();
    this.#runningTools.set(block.id, { name: block.name, target });
    report({ type: "agent_tool", toolUseId: block.id, name: block.name, target, status: "running" });
  }

  #toolResults(content: UserContent): void {
    if (typeof content === "string") return;
    for (const answer of content) {
      if (answer.type !== "tool_result") continue;
      const tool = this.#runningTools.get(answer.tool_use_id);
      if (!tool) continue;
      this.#runningTools.delete(answer.tool_use_id);
      const status = answer.is_error ? "failed" : "succeeded";
      const result = toolResult(answer.content, this.#options.workspace);
      this.#options.report({ type: "agent_tool", toolUseId: answer.tool_use_id, ...tool, status, result });
      this.#options.onToolEnded();
    }
  }

  #thinking(): void {
    const nowMs = this.#options.clock.nowMs();
    if (nowMs - this.#thinkingReportedMs < THINKING_REPORTED_EVERY_MS) return;
    this.#thinkingReportedMs = nowMs;
    this.#options.report({ type: "progress", step: "agent", text: "Thinking" });
  }

  /** The gateway waits for a model before its answer begins, so this is about an answer that broke off. */
  #retry(delayMs: number): void {
    this.#breakOff();
    this.#waitsForRetry = true;
    const retryAt = new Date(this.#options.clock.nowMs() + delayMs).toISOString();
    this.#options.report({ type: "progress", step: "rate_limited", text: ANSWER_BROKE_OFF, retryAt });
  }
}
