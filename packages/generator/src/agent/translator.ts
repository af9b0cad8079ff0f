/**
 * Turns the harness's messages into facts. It keeps only what it needs to assign text to blocks and results
 * to tool calls.
 */
import type { SDKMessage } from "@anthropic-ai/claude-agent-sdk";
import type { Report } from "../report.ts";
import type { Clock } from "../socket/clock.ts";
import { TextCoalescer } from "./text-coalescer.ts";
import { toolResult, toolTarget } from "./tool-summary.ts";

/** The model name on the harness's own messages. */
const HARNESS_MODEL = "<synthetic>";
/** Beyond this much text, a run is a loop rather than an answer. */
const TEXT_MAX_CHARS = 2_000_000;
/** How often to report that the agent is still thinking. */
const THINKING_REPORTED_EVERY_MS = 30_000;

export interface TranslatorOptions {
  report: Report;
  clock: Clock;
  workspace: string;
  /** Called after each tool call, which may have changed files. */
  onToolEnded: () => void;
  /** Called once if the agent's text never ends; the rest isn't reported. */
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
  /** Text blocks of the answer that is streaming; empty once it's complete. */
  #openBlocks: string[] = [];
  #waitsForRetry = false;
  readonly #streamed = new Set<string>();
  #textChars = 0;
  #thinkingReportedMs = -Infinity;

  constructor(options: TranslatorOptions) {
    this.#options = options;
    this.#text = new TextCoalescer(options.report, options.clock);
  }

  /** The tool call that has been running longest, as shown to people. */
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
      // The harness's own words about a failure suggest the wrong remedies; the run's failure says what to do.
      if (message.error || message.message.model === HARNESS_MODEL) return;
      for (const block of message.message.content) this.#assistantBlock(message.message.id, block);
      return;
    }
    if (message.type === "user") return this.#toolResults(message.message.content);
    if (message.type === "system" && message.subtype === "api_retry") this.#retry(message.retry_delay_ms);
  }

  /** Closes whatever is open at the end of a turn. Tools without a result are reported as failed. */
  end(): void {
    this.#breakOff();
    this.#text.end();
    for (const [toolUseId, { name, target }] of this.#runningTools) {
      const result = "The run ended before the tool finished.";
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
    // Only this tells a complete stream from a broken one: the harness closes both alike.
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

  /** Takes back the text of an answer that never completed: the model says it again. */
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
      // The harness wrote this text itself, or the answer wasn't streamed.
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

  /** The gateway itself retries before an answer begins, so the harness only retries an answer that broke off. */
  #retry(delayMs: number): void {
    this.#breakOff();
    this.#waitsForRetry = true;
    const retryAt = new Date(this.#options.clock.nowMs() + delayMs).toISOString();
    this.#options.report({ type: "progress", step: "rate_limited", text: ANSWER_BROKE_OFF, retryAt });
  }
}
