/**
 * What fast-check makes text of with `unit: "binary"` and in `webSegment`, character by character the same.
 * Its own makes a table of all 1.1 million characters first, a second's work, and holds it as long as the
 * process lives.
 */
import fc from "fast-check";

const SURROGATES_FROM = 0xd800;
const SURROGATES = 0x800;
const CHARACTERS = 0x11_0000 - SURROGATES;

const characterAt = (index: number): string =>
  String.fromCodePoint(index < SURROGATES_FROM ? index : index + SURROGATES);

/** @throws when it is no single character: fast-check then takes it for another arbitrary's */
const indexOf = (character: unknown): number => {
  const point = typeof character === "string" ? character.codePointAt(0) : undefined;
  const index = point === undefined || point < SURROGATES_FROM ? point : point - SURROGATES;
  if (index === undefined || characterAt(index) !== character) throw new Error("no single character");
  return index;
};

/** One character of Unicode, surrogates left out. For `fc.string({ unit: anyCharacter })`. */
export const anyCharacter = fc.nat({ max: CHARACTERS - 1 }).map(characterAt, indexOf);

const UNESCAPED = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~!$&'()*+,;=:@";

const escaped = (character: string): string => {
  const inUrl = encodeURIComponent(character);
  return inUrl === character ? `%${character.charCodeAt(0).toString(16)}` : inUrl;
};

/** One part of a URL's path, with any character in it where it is escaped. */
export const urlSegment = fc.string({
  unit: fc.oneof(
    { weight: 10, arbitrary: fc.constantFrom(...UNESCAPED.split("")) },
    { weight: 1, arbitrary: anyCharacter.map(escaped) },
  ),
});
