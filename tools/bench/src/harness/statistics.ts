/**
 * The value below which `share` of the values lie, by the nearest-rank method.
 * @param share from 0 to 1
 * @throws RangeError when there are no values
 */
export const percentile = (values: ArrayLike<number>, share: number): number => {
  const sorted = Float64Array.from(values).toSorted();
  const value = sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)];
  if (value === undefined) throw new RangeError("a percentile of nothing");
  return value;
};

/** The middle value; of an even number of values, the mean of the two in the middle. */
export const median = (values: ArrayLike<number>): number => {
  const sorted = Float64Array.from(values).toSorted();
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.ceil(sorted.length / 2) - 1];
  if (upper === undefined || lower === undefined) throw new RangeError("a median of nothing");
  return (lower + upper) / 2;
};

/** Each value of one side by the value that the other side had in the same round. */
export const ratios = (values: number[], others: number[]): number[] =>
  values.map((value, round) => value / (others[round] ?? Number.NaN));
