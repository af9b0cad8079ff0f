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
  ["sk-proj", "abcdefghijklmnopqrstuvwx"].join("-"),
  ["glpat", "abcdefghijklmnopqrst"].join("-"),
  ["secretAccessKey: '", "abcdefghij0123456789ABCDEFGHIJ0123456789"].join(""),
  ["sk_live", "abcdefghijklmnopqrst"].join("_"),
  ["xoxb", "1234567890-abcdefghij"].join("-"),
  ["AIza", "abcdefghij0123456789ABCDEFGHIJ01234"].join(""),
  ["npm", "abcdefghij0123456789ABCDEFGHIJ012345"].join("_"),
  ["SG", "abcdefghijklmnopqrst", "abcdefghijklmnopqrst"].join("."),
  ["postgres://leo:hunter22", "db.example.com/leo"].join("@"),
];

test.each(SECRETS)("removes a token wherever it stands: %#", (secret) => {
  fc.assert(
    fc.property(fc.string({ maxLength: 30 }), fc.string({ maxLength: 30 }), (before, after) => {
      expect(scrub(`${before} ${secret} ${after}`)).not.toContain(secret);
    }),
  );
});

test("takes no longer for text that is made to be slow", () => {
  const hostile = ["-eyJaaaaaaaa", "eyJ-", "sk-", "postgres://a:", "-----BEGIN ", "secretaccesskey=", "SG.a"];
  const startedMs = performance.now();
  for (const piece of hostile) scrub(piece.repeat(1_000_000 / piece.length));
  // A shape that begins again at every place would take minutes.
  expect(performance.now() - startedMs).toBeLessThan(10_000);
});

test("removes a private key over many lines, also one that is cut off", () => {
  const head = ["-----BEGIN RSA", "PRIVATE KEY-----"].join(" ");
  expect(scrub(`a ${head}\nMIIE\nabc`)).toBe("a [removed: private-key]");
});

test("leaves ordinary text alone", () => {
  const text =
    "const app = create({ name: 'todo', key: 'leo.todos' }); // eyJ is not a token, postgres://postgres:postgres@localhost/db no secret";
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
