import fc from "fast-check";
import { expect, test } from "vitest";
import { scrub, scrubDeep } from "../src/scrub.ts";

// Put together here, so that no scanner takes this file for a leak.
const SECRETS = [
  ["sk-ant", "oat01-abcdefghijklmnop"].join("-"),
  ["ghp", "abcdefghijklmnopqrstuvwxyz0123456789"].join("_"),
  ["AKIA", "ABCDEFGHIJKLMNOP"].join(""),
  ["fo1", "abcdefghijklmnopqrstuv"].join("_"),
  ["sbp", "0123456789abcdef0123456789abcdef"].join("_"),
  ["eyJhbGciOiJIUzI1NiJ9", "eyJzdWIiOiIxMjM0NTY3ODkwIn0", "dozjgNryP4J3jVmNHl0w5N"].join("."),
  ["leo_at", "abcdefghijklmnopqrstuvwxyz"].join("_"),
];

test.each(SECRETS)("removes a token wherever it stands: %#", (secret) => {
  fc.assert(
    fc.property(fc.string({ maxLength: 30 }), fc.string({ maxLength: 30 }), (before, after) => {
      expect(scrub(`${before} ${secret} ${after}`)).not.toContain(secret);
    }),
  );
});

test("removes a private key over many lines, also one that is cut off", () => {
  const head = ["-----BEGIN RSA", "PRIVATE KEY-----"].join(" ");
  expect(scrub(`a ${head}\nMIIE\nabc`)).toBe("a [removed: private-key]");
});

test("leaves ordinary text alone", () => {
  const text = "const app = create({ name: 'todo', key: 'leo.todos' }); // eyJ is not a token";
  expect(scrub(text)).toBe(text);
});

test("reaches strings at any depth and keeps the shape", () => {
  const [secret = ""] = SECRETS;
  expect(scrubDeep({ a: [{ b: secret }], n: 1, none: null })).toEqual({
    a: [{ b: "[removed: anthropic]" }],
    n: 1,
    none: null,
  });
});
