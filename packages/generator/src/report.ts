import type { GeneratorFact } from "@leo/core/event.ts";
import { LIMITS } from "@leo/core/limits.ts";
import { scrub, stripTerminal } from "@leo/core/scrub.ts";

/** Takes a fact to the orchestrator. */
export type Report = (fact: GeneratorFact) => void;

/** The wire's length limits by field name. Longer text is cut and marked. */
const FIELD_MAX_CHARS: Record<string, number> = {
  text: LIMITS.eventTextMaxChars,
  output: LIMITS.eventTextMaxChars,
  result: 2_000,
  target: 500,
  name: 100,
  detail: 8_000,
  message: 2_000,
};

const CUT = " … [cut]";

/** The first `maxChars` characters of a text, marked if something is missing. */
export const cut = (text: string, maxChars: number): string =>
  text.length <= maxChars ? text : text.slice(0, maxChars - CUT.length).toWellFormed() + CUT;

/** The last `maxChars` characters of a text. The end of a tool's output says what went wrong. */
export const cutStart = (text: string, maxChars: number): string =>
  text.length <= maxChars ? text : `[cut] … ${text.slice(8 - maxChars).toWellFormed()}`;

/** Removes what PostgreSQL can't store and what only a terminal understands. */
const storable = (text: string) => stripTerminal(text).toWellFormed();

/** Scrubs before cutting: half a credential would no longer match a known shape. */
const clean = <T>(value: T, key = ""): T => {
  if (typeof value === "string") return cut(scrub(storable(value)), FIELD_MAX_CHARS[key] ?? Infinity) as T;
  if (Array.isArray(value)) return value.map((inner) => clean(inner)) as T;
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, clean(inner, name)])) as T;
};

/** A fact without known token shapes and within the lengths that the wire allows. */
export const cleanFact = (fact: GeneratorFact): GeneratorFact => clean(fact);
