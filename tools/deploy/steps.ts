/** A deploy as steps, which are named when they start, fail or are interrupted. */
import { Interrupted } from "./interrupt.ts";

export interface Step {
  /** As it appears in sentences: `sst deploy`. */
  name: string;
  /** What is half done if this step is interrupted, and what to do. */
  ifInterrupted: string;
  run: () => Promise<void>;
}

/** A step failed. */
export class StepFailed extends Error {
  override name = "StepFailed";
}

const EXIT_FAILED = 1;
/** 128 + SIGINT, as in shells. */
const EXIT_INTERRUPTED = 130;

/**
 * Runs the steps in turn.
 * @returns the exit code
 */
export const runSteps = async (
  steps: Step[],
  signal: AbortSignal,
  say: (line: string) => void,
): Promise<number> => {
  for (const [index, { name, ifInterrupted, run }] of steps.entries()) {
    const title = `Step ${index + 1} of ${steps.length}, ${name}`;
    say(title);
    try {
      await run();
      signal.throwIfAborted();
    } catch (error) {
      if (signal.aborted && signal.reason instanceof Interrupted) {
        say(`\nInterrupted in step ${index + 1} of ${steps.length}, ${name}. ${ifInterrupted}`);
        return EXIT_INTERRUPTED;
      }
      say(`\n${title}, failed: ${(error as Error).message}`);
      return EXIT_FAILED;
    }
  }
  return 0;
};
