/** Refusals by limits: each names the limit and says when there is room again. */
import type { LimitDetails } from "@leo/core/limit-refusal.ts";
import { ApiFault } from "../fault.ts";

/** A span of time in words, rounded up: "40 seconds", "5 minutes", "3 h 20 min". */
const inWords = (durationMs: number): string => {
  const seconds = Math.max(1, Math.ceil(durationMs / 1_000));
  if (seconds < 100) return seconds === 1 ? "1 second" : `${seconds} seconds`;
  const minutes = Math.ceil(seconds / 60);
  if (minutes < 100) return `${minutes} minutes`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
};

/** "at 00:00 UTC, in 3 h 20 min" */
export const timeInWords = (freesAt: Date, now: Date): string =>
  `at ${freesAt.toISOString().slice(11, 16)} UTC, in ${inWords(freesAt.getTime() - now.getTime())}`;

/**
 * A limit stands in the way.
 * @param sentence says which, and when it frees
 */
export const limitFault = (
  code: "limit_reached" | "rate_limited",
  sentence: string,
  details: Omit<LimitDetails, "freesAt">,
  times?: { freesAt: Date; now: Date },
): ApiFault => {
  if (!times) return new ApiFault(code, sentence, details satisfies LimitDetails);
  const { freesAt, now } = times;
  const seconds = Math.max(1, Math.ceil((freesAt.getTime() - now.getTime()) / 1_000));
  const timed: LimitDetails = { ...details, freesAt: freesAt.toISOString() };
  return new ApiFault(code, sentence, timed, undefined, seconds);
};
