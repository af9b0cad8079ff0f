/** A quarter of the letters, and one, may be wrong. */
const maxDistance = (typed: string) => 1 + Math.floor(typed.length / 4);

/** Levenshtein's distance, row by row. */
const distance = (one: string, other: string): number => {
  let previous = Array.from({ length: other.length + 1 }, (_, column) => column);
  for (const [row, letter] of one.split("").entries()) {
    const current = [row + 1];
    for (const [column, otherLetter] of other.split("").entries()) {
      const replaced = (previous[column] ?? 0) + (letter === otherLetter ? 0 : 1);
      current.push(Math.min(replaced, (previous[column + 1] ?? 0) + 1, (current[column] ?? 0) + 1));
    }
    previous = current;
  }
  return previous.at(-1) ?? 0;
};

/** The known word that was probably meant, or undefined when none is near. */
export const closest = (typed: string, known: string[]): string | undefined => {
  const started = known.find((word) => typed.length > 1 && word.startsWith(typed));
  if (started !== undefined) return started;
  const [best] = known
    .map((word) => ({ word, far: distance(typed, word) }))
    .toSorted((one, other) => one.far - other.far);
  return best && best.far <= maxDistance(typed) ? best.word : undefined;
};
