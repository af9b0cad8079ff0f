import { randomBytes } from "node:crypto";
import type { MessagesRequest } from "./scripts/request.ts";
import type { Turn, Usage } from "./scripts/turn.ts";

const newMessageId = (prefix: string) => `${prefix}_01${randomBytes(11).toString("hex")}`;

/** Tokens of a text at four characters each, at least one. An estimate: the mock has no tokenizer. */
export const estimateTokens = (text: string) => Math.max(1, Math.ceil(text.length / 4));

/** Tokens of everything a request sends. */
export const countInputTokens = (request: Pick<MessagesRequest, "messages" | "system" | "tools">) =>
  estimateTokens(JSON.stringify([request.system ?? "", request.messages, request.tools ?? []]));

type ContentBlock =
  | { type: "text"; text: string }
  | { type: "tool_use"; id: string; name: string; input: Record<string, unknown> };

export interface AssistantMessage {
  id: string;
  type: "message";
  role: "assistant";
  model: string;
  content: ContentBlock[];
  stop_reason: string;
  stop_sequence: null;
  usage: Usage;
}

/**
 * Input counts as a prompt cache would: all but the newest message is read from the cache, the
 * newest is written to it.
 */
const estimateUsage = (request: MessagesRequest, content: ContentBlock[]): Usage => {
  const total = countInputTokens(request);
  const newest = Math.min(total, estimateTokens(JSON.stringify(request.messages.at(-1))));
  const first = !request.messages.some((message) => message.role === "assistant");
  return {
    input_tokens: 4,
    output_tokens: estimateTokens(JSON.stringify(content)),
    cache_creation_input_tokens: first ? total : newest,
    cache_read_input_tokens: first ? 0 : total - newest,
  };
};

/** The whole message of a turn, as a non-streaming call gets it. */
export const toMessage = (request: MessagesRequest, turn: Turn): AssistantMessage => {
  const text: ContentBlock[] = turn.text ? [{ type: "text", text: turn.text }] : [];
  const tools = (turn.tools ?? []).map((call): ContentBlock => ({
    type: "tool_use",
    id: newMessageId("toolu"),
    ...call,
  }));
  const content = [...text, ...tools];
  return {
    id: newMessageId("msg"),
    type: "message",
    role: "assistant",
    model: request.model,
    content,
    stop_reason: turn.stopReason ?? (tools.length > 0 ? "tool_use" : "end_turn"),
    stop_sequence: null,
    usage: { ...estimateUsage(request, content), ...turn.usage },
  };
};
