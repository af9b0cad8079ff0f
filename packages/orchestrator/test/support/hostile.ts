/**
 * Input that nobody sends in good faith, made from the schemas of what is sent in good faith: some of
 * it is valid to the letter, some has a part replaced, added, left out or doubled.
 */
import fc from "fast-check";
import { anyCharacter } from "./characters.ts";
import type { Schema } from "./schema.ts";

/** Values of any type in the place of any other. */
const nasty: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    "",
    " ",
    0,
    -1,
    1.5,
    2 ** 31,
    2 ** 53,
    -(2 ** 63),
    1e308,
    Number.MIN_VALUE,
    [],
    {},
    [[]],
    "null",
    "NaN",
    "-1",
    "1e999",
    "..",
    "../../etc/passwd",
    "%2e%2e%2f",
    "\\",
    "\0",
    "a\0b",
    "\u001b[2J",
    "\ud800",
    "\u202egnp.exe",
    "'; drop schema leo cascade; --",
    "${7*7}{{7*7}}",
    "__proto__",
    "constructor",
    "x".repeat(20_000),
    "\u{1f600}".repeat(5_000),
  ),
  fc.string({ unit: anyCharacter, maxLength: 60 }),
  fc.integer(),
  fc.double(),
  fc.constant(nested(500)),
  fc.jsonValue({ maxDepth: 3 }),
);

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < depth; level += 1) value = level % 2 ? [value] : { a: value };
  return value;
}

/** Keys that reach the prototype where an object is copied carelessly. */
const POLLUTION = ["__proto__", "constructor", "prototype", "toString", "then", "type", "id", ""];

const textOf = ({ format, pattern, minLength = 0, maxLength = 80 }: Schema, ids: string[]) => {
  if (format === "uuid") return fc.oneof(fc.constantFrom(...ids), fc.uuid());
  if (format === "date-time")
    return fc
      .date({ noInvalidDate: true, min: new Date(0), max: new Date(4e12) })
      .map((at) => at.toISOString());
  if (pattern !== undefined) return fc.stringMatching(new RegExp(pattern));
  return fc.string({
    unit: anyCharacter,
    minLength,
    maxLength: Math.max(minLength, Math.min(maxLength, 80)),
  });
};

const SMALL = 2 ** 31 - 1;
const within = (number: number | undefined, otherwise: number) =>
  Math.max(-SMALL, Math.min(SMALL, number ?? otherwise));

/** Own keys, `__proto__` among them, which a literal would not make. */
const objectOf = (entries: Iterable<readonly [string, unknown]>) => Object.fromEntries(entries);

/** What a part of a value becomes: itself, or now and then something else. */
type Twist = (part: fc.Arbitrary<unknown>) => fc.Arbitrary<unknown>;

const objectsOf = (schema: Schema, ids: string[], twist: Twist, isStrict: boolean): fc.Arbitrary<unknown> => {
  const properties = Object.entries(schema.properties ?? {});
  const requiredKeys = schema.required ?? [];
  const partsOf = (keys: string[]) =>
    fc.record(Object.fromEntries(properties.map(([key, part]) => [key, build(part, ids, twist, isStrict)])), {
      requiredKeys: keys,
    });
  if (isStrict) return partsOf(requiredKeys);
  const known = fc.oneof(partsOf(requiredKeys), partsOf([]));
  const extra = fc.array(fc.tuple(fc.constantFrom(...POLLUTION), nasty), { maxLength: 2 });
  return fc.tuple(known, extra).map(([value, more]) => objectOf([...more, ...Object.entries(value)]));
};

const build = (schema: Schema, ids: string[], twist: Twist, isStrict: boolean): fc.Arbitrary<unknown> => {
  const inner = (part: Schema) => build(part, ids, twist, isStrict);
  const made = (): fc.Arbitrary<unknown> => {
    if (schema.const !== undefined) return fc.constant(schema.const);
    if (schema.enum) return fc.constantFrom(...schema.enum);
    const choices = schema.anyOf ?? schema.oneOf;
    if (choices) return fc.oneof(...choices.map(inner));
    if (schema.allOf)
      return fc
        .tuple(...schema.allOf.map(inner))
        .map((parts) => objectOf(parts.flatMap((part) => Object.entries(part ?? {}))));
    const [type] = [schema.type].flat();
    if (type === "object") return objectsOf(schema, ids, twist, isStrict);
    if (type === "array")
      return fc.array(inner(schema.items ?? {}), { minLength: schema.minItems, maxLength: 3 });
    if (type === "string") return textOf(schema, ids);
    if (type === "boolean") return fc.boolean();
    const [min, max] = [within(schema.minimum, -SMALL), within(schema.maximum, SMALL)];
    if (type === "integer") return fc.integer({ min, max });
    if (type === "number") return fc.double({ min, max, noNaN: true });
    return type === "null" ? fc.constant(null) : nasty;
  };
  return twist(made());
};

const keep: Twist = (part) => part;
const replaceSome: Twist = (part) =>
  fc.oneof({ weight: 9, arbitrary: part }, { weight: 1, arbitrary: nasty });

/**
 * Values for a schema: a third valid, the rest with parts replaced, added or left out.
 * @param ids UUIDs that name something
 */
export const hostileValue = (schema: Schema, ids: string[]): fc.Arbitrary<unknown> =>
  fc.oneof(
    { weight: 3, arbitrary: build(schema, ids, keep, true) },
    { weight: 5, arbitrary: build(schema, ids, replaceSome, false) },
    { weight: 1, arbitrary: nasty },
  );

const broken: ((text: string) => string | Buffer)[] = [
  (text) => text.slice(0, -1),
  (text) => `${text}${text}`,
  (text) => `\u{feff}${text}`,
  (text) =>
    text.replace("{", '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}},'),
  (text) => text.replace("{", '{"type":"hello","type":null,"prompt":1,"prompt":"x","id":1,'),
  (text) => text.replace(/:\s*[^,{}[\]]+/, ":NaN"),
  (text) => text.replace(/:\s*[^,{}[\]]+/, ":-1e99999"),
  (text) => Buffer.concat([Buffer.from(text), Buffer.from([0xff, 0xfe, 0xc3, 0x28])]),
  () => "[".repeat(30_000),
  () => `{"a":${"[".repeat(10_000)}${"]".repeat(10_000)}}`,
  () => "",
];

/** The same as text, mostly as JSON.stringify writes it. */
export const hostileJson = (schema: Schema, ids: string[]): fc.Arbitrary<string | Buffer> =>
  fc
    .tuple(hostileValue(schema, ids), fc.option(fc.constantFrom(...broken), { freq: 6, nil: undefined }))
    .map(([value, breaking]) => {
      const text = JSON.stringify(value) ?? "";
      return breaking ? breaking(text) : text;
    });

/** Texts for a query, a path or a header. */
export const hostileText: fc.Arbitrary<string> = nasty.map((value) =>
  (typeof value === "string" ? value : (JSON.stringify(value) ?? "")).slice(0, 2_000).toWellFormed(),
);
