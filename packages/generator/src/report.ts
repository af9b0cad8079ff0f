import type { GeneratorFact } from "@leo/core/event.ts";
import { LIMITS } from "@leo/core/limits.ts";
import { scrub, stripTerminal } from "@leo/core/scrub.ts";

/** Takes a fact to the orchestrator. */
export type Report = (fact: GeneratorFact) => void;

/** Lengths that the wire allows, by field name; longer text is cut and says so. */
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

/** The first `maxChars` characters of a text, with a note where something is missing. */
export const cut = (text: string, maxChars: number): string =>
  text.length <= maxChars ? text : text.slice(0, maxChars - CUT.length).toWellFormed() + CUT;

/** The last `maxChars` characters of a text: of a tool's output the end says what went wrong. */
export const cutStart = (text: string, maxChars: number): string =>
  text.length <= maxChars ? text : `[cut] … ${text.slice(8 - maxChars).toWellFormed()}`;

/** Without what Postgres cannot store and what only a terminal reads. */
const storable = (text: string) => stripTerminal(text).toWellFormed();

/** Scrubbed before it is cut, so that no credential is cut to a shape that nobody knows. */
const clean = <T>(value: T, key = ""): T => {
  if (typeof value === "string") return cut(scrub(storable(value)), FIELD_MAX_CHARS[key] ?? Infinity) as T;
  if (Array.isArray(value)) return value.map((inner) => clean(inner)) as T;
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, clean(inner, name)])) as T;
};

/** A fact without known token shapes and within the lengths that the wire allows. */
export const cleanFact = (fact: GeneratorFact): GeneratorFact => clean(fact);
