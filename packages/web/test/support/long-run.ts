/** The facts of a long run, in the mix that an agent makes: mostly log lines, then text, then tools. */
import type { Fact } from "@leo/core/event.ts";

const KINDS = 20;

const fact = (index: number): Fact[] => {
  const id = `long-${Math.floor(index / KINDS)}`;
  const step = index % KINDS;
  if (step === 0) {
    return [
      {
        type: "agent_tool",
        toolUseId: id,
        name: "Bash",
        target: `npm test -- part-${index}`,
        status: "running",
      },
    ];
  }
  if (step === 10) {
    return [
      {
        type: "agent_tool",
        toolUseId: id,
        name: "Bash",
        target: `npm test -- part-${index}`,
        status: "succeeded",
        result: "ok",
      },
    ];
  }
  if (step > 15) {
    return [
      {
        type: "agent_text",
        blockId: id,
        text: `Part **${index}** of the work goes on. `,
        done: step === KINDS - 1,
      },
    ];
  }
  return [{ type: "log", level: "info", text: `line ${index}: compiled 34 modules in ${index % 900} ms` }];
};

export const longRun = (count: number, from = 0): Fact[] =>
  Array.from({ length: count }, (_, index) => fact(from + index)).flat();
