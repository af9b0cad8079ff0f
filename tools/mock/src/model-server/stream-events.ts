import type { AssistantMessage } from "./message.ts";

export type StreamEvent = { type: string } & Record<string, unknown>;

/** A tool's input comes in at most this many pieces, so that a long file does not slow a watched run. */
const INPUT_PIECES = 10;
const WORDS_PER_PIECE = 2;

const textPieces = (text: string) =>
  text.match(new RegExp(`(?:\\S+\\s*){1,${WORDS_PER_PIECE}}|\\s+`, "g")) ?? [];

const inputPieces = (json: string) => {
  const size = Math.max(16, Math.ceil(json.length / INPUT_PIECES));
  return Array.from({ length: Math.ceil(json.length / size) }, (_, piece) =>
    json.slice(piece * size, (piece + 1) * size),
  );
};

const startOf = (block: AssistantMessage["content"][number]) =>
  block.type === "text" ? { type: "text", text: "" } : { ...block, input: {} };

const deltasOf = (block: AssistantMessage["content"][number]) =>
  block.type === "text"
    ? textPieces(block.text).map((text) => ({ type: "text_delta", text }))
    : inputPieces(JSON.stringify(block.input)).map((json) => ({
        type: "input_json_delta",
        partial_json: json,
      }));

/** The events of a streaming answer, in the order and shape of the Messages API. */
export const toStreamEvents = (message: AssistantMessage): StreamEvent[] => {
  const { usage } = message;
  const opening = { ...message, content: [], stop_reason: null, usage: { ...usage, output_tokens: 1 } };
  const blocks = message.content.flatMap((block, index): StreamEvent[] => [
    { type: "content_block_start", index, content_block: startOf(block) },
    ...(index === 0 ? [{ type: "ping" }] : []),
    ...deltasOf(block).map((delta) => ({ type: "content_block_delta", index, delta })),
    { type: "content_block_stop", index },
  ]);
  return [
    { type: "message_start", message: opening },
    ...blocks,
    {
      type: "message_delta",
      delta: { stop_reason: message.stop_reason, stop_sequence: null },
      usage,
    },
    { type: "message_stop" },
  ];
};

export const encodeEvent = (event: StreamEvent) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
