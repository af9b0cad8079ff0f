/** Takes a guard out of the sources, and puts it back. */
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import type { Edit, Guard } from "./guards.ts";

const ROOT = path.resolve(import.meta.dirname, "../..");

/** @throws when the text is not there, or more than once: the guard has moved */
export const edited = (source: string, { file, from, to }: Edit): string => {
  const parts = source.split(from);
  if (parts.length !== 2)
    throw new Error(`${file} has "${from.trim()}" ${parts.length - 1} times, not once.`);
  return parts.join(to);
};

/** Runs without a guard. The sources are as they were afterwards, also when it is interrupted. */
export const without = async <T>({ edits }: Guard, run: () => Promise<T>): Promise<T> => {
  const before = new Map<string, string>();
  try {
    for (const edit of edits) {
      const file = path.join(ROOT, edit.file);
      const source = await readFile(file, "utf8");
      if (!before.has(file)) before.set(file, source);
      await writeFile(file, edited(source, edit));
    }
    return await run();
  } finally {
    for (const [file, source] of before) await writeFile(file, source);
  }
};
