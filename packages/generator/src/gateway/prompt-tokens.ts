/**
 * How many tokens a prompt can have at most. A tokenizer never makes more tokens than bytes, so bytes
 * bound what is new in a conversation; what an earlier answer has already counted is known exactly.
 */
import type { MessagesRequest } from "./request.ts";

/** What the API adds by itself for tools and roles; its documentation names at most about 700. */
const ADDED_TOKENS = 1_000;
/** An image costs by its area, at most 4,784 tokens, whatever its bytes. */
const IMAGE_TOKENS_MAX = 5_000;
/** Conversations of one run: the agent's own, and those of subagents beside it. */
const REMEMBERED = 16;

/** A piece of a prompt that stays the same while the conversation grows: the head, or a message. */
interface PromptPart {
  text: string;
  tokensMax: number;
}

export interface Prompt {
  parts: readonly PromptPart[];
  /** Whether some of it asks for the cache that lasts an hour, which costs more to write. */
  isCachedForAnHour: boolean;
}

interface Counted {
  prompt: Prompt;
  tokens: number;
}

type Content = MessagesRequest["messages"][number]["content"];

/** By how much images make a part's bytes larger than its tokens can be. */
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
   * Leaves out marks for the cache, which move to the newest message from call to call and are no tokens.
   * Only where the API reads them: under the same key a tool's input may hold anything.
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
