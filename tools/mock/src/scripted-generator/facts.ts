import type { GeneratorFact } from "@leo/core/event.ts";

const PRICE_PER_MESSAGE_USD = 0.0001;

/** A text that names its message, so that an audit can tell them apart. */
const textOf = (index: number, chars: number) => `#${index} `.padEnd(chars, "lorem ipsum dolor sit amet ");

/** The facts of a run, in turn. */
const MAKERS: ((index: number, chars: number) => GeneratorFact)[] = [
  (index, chars) => ({ type: "progress", step: "agent", text: textOf(index, chars) }),
  (index, chars) => ({
    type: "agent_text",
    blockId: `block-${index}`,
    text: textOf(index, chars),
    done: true,
  }),
  (index) => ({
    type: "agent_tool",
    toolUseId: `tool-${index}`,
    name: "Write",
    target: `src/part-${index}.tsx`,
    status: "running",
  }),
  (index, chars) => ({
    type: "agent_tool",
    toolUseId: `tool-${index - 1}`,
    name: "Write",
    target: `src/part-${index - 1}.tsx`,
    status: "succeeded",
    result: textOf(index, Math.min(chars, 2_000)),
  }),
  (index) => ({
    type: "file_changed",
    path: `src/part-${index - 2}.tsx`,
    change: "created",
    sizeBytes: 100 + index,
  }),
  (index) => ({
    type: "usage",
    inputTokens: index * 10,
    outputTokens: index * 5,
    cacheReadTokens: index * 100,
    cacheWriteTokens: index,
    costUsd: index * PRICE_PER_MESSAGE_USD,
  }),
  (index, chars) => ({ type: "log", level: "info", text: textOf(index, chars) }),
];

/** The fact of message `index`, from 1; the same for the same arguments. */
export const scriptedFact = (index: number, chars: number): GeneratorFact => {
  const make = MAKERS[(index - 1) % MAKERS.length] as (typeof MAKERS)[number];
  return make(index, chars);
};
