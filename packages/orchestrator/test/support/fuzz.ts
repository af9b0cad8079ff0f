/** What the tests with bad input share. */
import fc from "fast-check";
import { expect } from "vitest";

/** Cases that are tried at once. */
export const PARALLEL = 20;
/** No answer takes this long, on a busy machine either. */
const ANSWER_MAX_MS = 20_000;

/** The same seed makes the same input again. */
const seed = Number(process.env["LEO_FUZZ_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
console.log(`bad input is made with LEO_FUZZ_SEED=${seed}`);

export const inTime = async <T>(what: string, work: Promise<T>): Promise<T> => {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer: ${what}`)), ANSWER_MAX_MS);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
};

/** Tries `count` cases, some at once: one after the other would leave the server idle. */
export const tryAll = async <T>(
  arbitrary: fc.Arbitrary<T>,
  count: number,
  attempt: (input: T, index: number) => Promise<void>,
) => {
  const inputs = fc.array(arbitrary, { minLength: PARALLEL, maxLength: PARALLEL });
  const all = fc.asyncProperty(inputs, async (some) => {
    await Promise.all(some.map(attempt));
  });
  const { failed, errorInstance } = await fc.check(all, {
    seed,
    numRuns: count / PARALLEL,
    endOnFailure: true,
  });
  // What fast-check itself would print is all the input that was under way.
  if (failed) throw errorInstance;
};

export const isUnharmed = () => {
  expect(Object.keys(Object.prototype)).toEqual([]);
  expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
};
