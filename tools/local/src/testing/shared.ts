import { afterAll, beforeAll } from "vitest";

/**
 * Starts something once for the tests of a file or of a `describe` block: before the first of them, until
 * after the last.
 * @param withIt starts it, runs the given function with it, and ends it
 * @returns gives it, inside of a test
 */
export const shared = <T>(withIt: (run: (it: T) => Promise<void>) => Promise<void>): (() => T) => {
  const over = Promise.withResolvers<void>();
  let it: { value: T } | undefined;
  let whole: Promise<void> | undefined;
  beforeAll(async () => {
    const started = Promise.withResolvers<void>();
    whole = withIt(async (value) => {
      it = { value };
      started.resolve();
      await over.promise;
    });
    await Promise.race([started.promise, whole]);
  });
  afterAll(async () => {
    over.resolve();
    await whole;
  });
  return () => {
    if (!it) throw new Error("It is there inside of tests only.");
    return it.value;
  };
};
