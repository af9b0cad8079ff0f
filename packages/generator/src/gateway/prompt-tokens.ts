/**
 * An upper bound on a prompt's tokens. A tokenizer never makes more tokens than bytes, so bytes bound what is new in
 * a conversation. What an earlier call has counted is known exactly.
 */
import type { MessagesRequest } from "./request.ts";

/** What the API itself adds for tools and roles; its documentation mentions about 700 at most. */
const ADDED_TOKENS = 1_000;
/** An image costs tokens by its area, at most 4,784, whatever its size in bytes. */
const IMAGE_TOKENS_MAX = 5_000;
/** Conversations of one run: the agent's own and its subagents'. */
const REMEMBERED = 16;

/** A part of a prompt that stays the same while the conversation grows: the head, or a message. */
interface PromptPart {
  text: string;
  tokensMax: number;
}

export interface Prompt {
  parts: readonly PromptPart[];
  /** Whether any of it uses the one-hour cache, which costs more to write. */
  isCachedForAnHour: boolean;
}

interface Counted {
  prompt: Prompt;
  tokens: number;
}

type Content = MessagesRequest["messages"][number]["content"];

/** How far the bytes of images exceed their possible tokens. */
const imageSurplus = (content: Content | undefined): number => {
  if (!Array.isArray(content)) return 0;
  let surplus = 0;
  for (const block of content) {
    if (block.type === "image") surplus += Math.max(0, block.source.data.length - IMAGE_TOKENS_MAX);
    if (block.type === "tool_result") surplus += imageSurplus(block.content);
  }
  return surplus;
};

export const promptOf = ({ model, system, tools, messages }: MessagesRequest): Prompt => {
  let isCachedForAnHour = false;
  /**
   * Leaves out cache marks, which aren't tokens and move to the newest message with each call. Only where the API
   * reads them: a tool's input may hold anything under the same key.
   */
  const withoutMarks = (blocks: unknown): unknown => {
    if (!Array.isArray(blocks)) return blocks;
    return blocks.map(({ cache_control: mark, ...block }: Record<string, unknown>) => {
      isCachedForAnHour ||= JSON.stringify(mark)?.includes("1h") ?? false;
      return block.type === "tool_result" ? { ...block, content: withoutMarks(block.content) } : block;
    });
  };
  const partOf = (value: unknown, content?: Content): PromptPart => {
    const text = JSON.stringify(value);
    return { text, tokensMax: Buffer.byteLength(text) - imageSurplus(content) };
  };
  const parts = [
    partOf([model, withoutMarks(system), withoutMarks(tools)], system),
    ...messages.map((message) =>
      partOf({ ...message, content: withoutMarks(message.content) }, message.content),
    ),
  ];
  return { parts, isCachedForAnHour };
};

const isPrefix = (start: Prompt, whole: Prompt): boolean =>
  start.parts.length <= whole.parts.length &&
  start.parts.every(({ text }, place) => text === whole.parts[place]?.text);

export class PromptCounts {
  #counted: Counted[] = [];

  /** Remembers what the API counted for a prompt, cache included. */
  learn(prompt: Prompt, tokens: number): void {
    const others = this.#counted.filter((entry) => !isPrefix(entry.prompt, prompt));
    this.#counted = [{ prompt, tokens }, ...others].slice(0, REMEMBERED);
  }

  /** The most tokens that this prompt can have. */
  most(prompt: Prompt): number {
    const [known] = this.#counted
      .filter((entry) => isPrefix(entry.prompt, prompt))
      .toSorted((one, other) => other.prompt.parts.length - one.prompt.parts.length);
    const rest = prompt.parts.slice(known?.prompt.parts.length ?? 0);
    return rest.reduce((total, part) => total + part.tokensMax, (known?.tokens ?? 0) + ADDED_TOKENS);
  }
}
