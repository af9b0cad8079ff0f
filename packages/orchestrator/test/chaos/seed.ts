import { randomInt } from "node:crypto";

/** Numbers in [0, 1) that follow from a seed. */
const mulberry32 = (seed: number) => () => {
  seed = (seed + 0x6d2b79f5) | 0;
  let value = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  value = (value + Math.imul(value ^ (value >>> 7), 61 | value)) ^ value;
  return ((value ^ (value >>> 14)) >>> 0) / 4_294_967_296;
};

/** Random moments that can be had again: the seed is printed, `LEO_CHAOS_SEED` sets it. */
export const seededRandom = (): (() => number) => {
  const seed = Number(process.env["LEO_CHAOS_SEED"] ?? randomInt(1_000_000));
  console.log(`chaos seed: LEO_CHAOS_SEED=${seed}`);
  return mulberry32(seed);
};
