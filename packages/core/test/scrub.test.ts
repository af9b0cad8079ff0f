import { generateKeyPairSync } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { cleanDeep, cleanJson, scrub, scrubDeep, stripTerminal } from "../src/scrub.ts";
import { TOKEN_SHAPES } from "../src/token-shapes.ts";

const chars = (alphabet: string, minLength: number, maxLength = minLength) =>
  fc.string({ unit: fc.constantFrom(...alphabet.split("")), minLength, maxLength });
const UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
const WORD = `${UPPER}${UPPER.toLowerCase()}0123456789`;
const BASE64 = `${WORD}+/`;
const BASE64URL = `${WORD}-_`;

// Put together here, so that no scanner takes this file for a leak.
const after = (start: string[], rest: fc.Arbitrary<string>) => rest.map((text) => start.join("") + text);
const TOKENS: Record<string, fc.Arbitrary<string>> = {
  anthropic: fc.oneof(
    after(["sk-", "ant-api03-"], chars(BASE64URL, 40, 110)),
    after(["sk-", "ant-oat01-"], chars(BASE64URL, 40, 110)),
  ),
  github: fc.oneof(
    fc.constantFrom("p", "o", "u", "s", "r").chain((kind) => after(["gh", kind, "_"], chars(WORD, 36))),
    after(["github", "_pat_"], chars(WORD, 22)).chain((head) => after([head, "_"], chars(WORD, 59))),
  ),
  aws: fc.constantFrom("AKIA", "ASIA").chain((kind) => after([kind], chars(`${UPPER}234567`, 16))),
  fly: fc.oneof(
    after(["fo1", "_"], chars(BASE64URL, 43)),
    after(["FlyV1 ", "fm2_"], chars(BASE64, 60, 200)),
    after(["fm2", "_"], chars(BASE64, 60, 200)),
  ),
  supabase: fc.oneof(
    after(["sbp", "_"], chars("0123456789abcdef", 40)),
    after(["sb_", "secret_"], chars(BASE64URL, 31)),
  ),
  leo: fc.constantFrom("at", "pv", "sh").chain((kind) => after(["leo_", kind, "_"], chars(BASE64URL, 43))),
  jwt: fc
    .tuple(chars(BASE64URL, 20, 60), chars(BASE64URL, 30, 300), chars(BASE64URL, 43, 90))
    .map(([header, payload, signature]) => `eyJ${header}.eyJ${payload}.${signature}`),
};

/** What may stand around a token: text, other tokens' pieces, quotes, escapes, JSON. */
const around = fc.oneof(
  fc.string({ unit: "binary", maxLength: 30 }),
  fc.constantFrom(
    "",
    "\n",
    "\\n",
    '"',
    "KEY=",
    "x",
    "_",
    "-",
    '{"a":"',
    "https://x/?t=",
    "eyJ",
    "sk-ant-",
    "Bearer ",
  ),
);

describe.each(Object.entries(TOKENS))("a %s token", (_name, token) => {
  test("is removed wherever it stands", () => {
    fc.assert(
      fc.property(around, token, around, (before, secret, behind) => {
        // A word that goes on behind it belongs to the token; what follows here does not.
        const text = `${before}${secret} ${behind}`;
        expect(scrub(text)).not.toContain(secret);
      }),
    );
  });

  test("is removed from JSON, and JSON in JSON, which stays JSON", () => {
    fc.assert(
      fc.property(around, token, fc.jsonValue(), (before, secret, other) => {
        const inner = JSON.stringify({ text: `${before}\n${secret}\n`, other });
        for (const line of [
          inner,
          JSON.stringify({ msg: inner }),
          JSON.stringify({ msg: JSON.stringify(inner) }),
        ]) {
          const clean = scrub(line);
          expect(clean).not.toContain(secret);
          expect(() => JSON.parse(clean)).not.toThrow();
        }
      }),
    );
  });
});

test("the password of a database's address, and of any other, is removed and the rest stays", () => {
  const word = chars(`${WORD}-._~%!$&()*+,;=`, 1, 60);
  fc.assert(
    fc.property(
      fc.constantFrom("postgres", "postgresql", "https", "redis"),
      word,
      word,
      (scheme, user, password) => {
        fc.pre(!`${user}@host`.includes(`:${password}@`));
        const text = `connect to "${scheme}://${user}:${password}@db.example.com:5432/x" failed`;
        expect(scrub(text)).toBe(
          `connect to "${scheme}://${user}:[removed: password]@db.example.com:5432/x" failed`,
        );
      },
    ),
  );
  const slash = ["postgresql://leo:pa/ss", "@localhost/x"].join("");
  expect(scrub(slash)).toBe("postgresql://leo:[removed: password]@localhost/x");
});

// Shapes that an ordinary word could end like: found at the start of a word or behind an escape.
const OTHERS = [
  ["sk-proj", "abcdefghijklmnopqrstuvwx"].join("-"),
  ["glpat", "abcdefghijklmnopqrst"].join("-"),
  ["sk_live", "abcdefghijklmnopqrst"].join("_"),
  ["xoxb", "1234567890-abcdefghij"].join("-"),
  ["AIza", "abcdefghij0123456789ABCDEFGHIJ01234"].join(""),
  ["npm", "abcdefghij0123456789ABCDEFGHIJ012345"].join("_"),
  ["SG", "abcdefghijklmnopqrst", "abcdefghijklmnopqrst"].join("."),
];
test.each(OTHERS)("removes a token of another service: %#", (secret) => {
  for (const text of [secret, `KEY=${secret};`, JSON.stringify({ text: `a\n${secret}\n` })])
    expect(scrub(text)).not.toContain(secret);
});

describe("a private key", () => {
  const { privateKey } = generateKeyPairSync("ed25519", {
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  });
  const [, body = ""] = privateKey.split("\n");
  const forms = {
    "as it is": privateKey,
    "with carriage returns": privateKey.replaceAll("\n", "\r\n"),
    "as a list of lines": JSON.stringify(privateKey.split("\n")),
    "with escaped line feeds": JSON.stringify({ key: privateKey }),
    "with line feeds escaped twice": JSON.stringify(JSON.stringify({ key: privateKey })),
    "cut off": privateKey.slice(0, 90),
    "cut off in JSON": JSON.stringify({ key: privateKey.slice(0, 90), more: [1] }),
    "of another kind": privateKey.replaceAll("PRIVATE", "RSA PRIVATE"),
  };
  test.each(Object.entries(forms))("is removed %s", (_form, text) => {
    const clean = scrub(`a ${text}`);
    expect(clean).not.toContain(body.slice(0, 16));
    expect(clean).toContain("a ");
    expect(clean).toContain("[removed: private-key]");
    if (/^[[{"]/.test(text)) expect(() => JSON.parse(scrub(text))).not.toThrow();
  });

  test("takes nothing with it that stands around it", () => {
    expect(scrub(`before\n${privateKey}after`)).toBe("before\n[removed: private-key]\nafter");
    expect(JSON.parse(scrub(JSON.stringify({ a: privateKey, b: "kept", c: privateKey })))).toEqual({
      a: "[removed: private-key]\n",
      b: "kept",
      c: "[removed: private-key]\n",
    });
  });
});

test("the secret half of an AWS key is removed where it is named", () => {
  const secret = ["wJalrXUtnFEMI/K7MDENG", "bPxRfiCYEXAMPLEKEY"].join("/");
  for (const text of [`AWS_SECRET_ACCESS_KEY=${secret}`, JSON.stringify({ secretAccessKey: secret })])
    expect(scrub(text)).not.toContain(secret);
});

test("ordinary code, hashes, ids, addresses and data stay as they are", () => {
  const texts = [
    "const app = create({ name: 'todo', key: 'leo.todos' }); // eyJ is not a token",
    "import x from './sk-anthem.ts'; const ghp = gh_pages; class=\"sk-loading fm1 fo1\"",
    "commit a685949f60e0e8b2bc3b73d08a6cce3d3a5a0b1, sha256 e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "01a20cb2-165d-708d-9f61-e1a8bbaed4a1 http://localhost:5013/@vite/client https://example.com/a:b@c",
    "data:application/json;base64,eyJ2ZXJzaW9uIjozLCJzb3VyY2VzIjpbXX0= eyJhIjox.png.map",
    "SELECT secret, access_key FROM keys; -----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
    "postgres://localhost:5432/leo postgresql://leo@localhost/leo mailto:a@b.c ssh://git@github.com:22/x",
    "risk-admin-dashboard-page-layout usb_secret_configuration task_test_abcdefghijklmnop laughs_at_the_funny_jokes",
    "ASIA_PACIFIC AKIAN leo_at_work sbp_ sb_secret_ github_pat_ sk-ant-",
  ];
  for (const text of texts) expect(scrub(text)).toBe(text);
  fc.assert(
    fc.property(
      fc.oneof(fc.uuid(), fc.webUrl(), fc.lorem(), fc.base64String()),
      (text) => scrub(text) === text,
    ),
  );
});

test("a mebibyte of anything is read in a moment", () => {
  const starts = [
    "eyJ",
    "eyJhbGciOiJI.",
    "a.",
    "sk-ant-",
    "ghp_",
    "github_pat_a",
    "AKIA",
    "FlyV1 ",
    "fm2_",
    "sbp_",
    "leo_at_",
    "postgres://",
    "postgres://a:",
    "://a:",
    "https://",
    "secret_access_key=",
    "secretaccesskey====",
    "\u001b]",
    "\u001b[",
    "\u009d",
    "\u001b",
    "-",
    "-----BEGIN ",
    "sk-",
    "SG.a",
    "-eyJaaaaaaaa",
    "xoxb-",
    "postgres://a:b@",
    "-----BEGIN PRIVATE KEY-----",
    "-----BEGIN A PRIVATE KEY-----\n",
    "-----END PRIVATE KEY-----",
    " ",
    "A",
    "\\",
    '"',
  ];
  for (const start of starts) {
    for (const text of [start.repeat(Math.ceil(1_048_576 / start.length)), start + "a".repeat(1_048_576)]) {
      const startedAt = process.cpuUsage();
      cleanDeep(text);
      const { user } = process.cpuUsage(startedAt);
      // A quadratic pattern takes minutes.
      expect([start, user < 2_000_000]).toEqual([start, true]);
    }
  }
});

test("terminal escapes are removed; tabs and line feeds stay", () => {
  const cases: [text: string, clean: string][] = [
    ["\u001b[31mred\u001b[0m \u001b[1;38;2;1;2;3mbold\u001b[m", "red bold"],
    ["\u001b]0;title\u0007a\u001b]8;;https://evil.example\u001b\\link\u001b]8;;\u001b\\", "alink"],
    ["\u009b31mc1\u009b0m \u009dtitle\u009cend", "c1 end"],
    ["\u001bP$q\u001b\\dcs \u001b_app\u001b\\apc \u001b(Bset \u001bc\u001b7", "dcs apc set "],
    ["over\rwritten\b\b\u0000\u007f\u0085", "overwritten"],
    ["tab\tline\nr\r\n", "tab\tline\nr\n"],
    ["unended \u001b]0;title\nnext", "unended \nnext"],
    ["unended \u001b[31", "unended "],
    ["\u00e9\u{1f600} \u754c", "\u00e9\u{1f600} \u754c"],
  ];
  for (const [text, clean] of cases) expect(stripTerminal(text)).toBe(clean);
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      expect(stripTerminal(text)).not.toMatch(/[^\P{Cc}\t\n]/u);
    }),
  );
});

test("an escape sequence in the middle of a token does not hide it", () => {
  const secret = ["ghp", "abcdefghijklmnopqrstuvwxyz0123456789"].join("_");
  const split = `${secret.slice(0, 9)}\u001b[0m${secret.slice(9)}`;
  expect(cleanDeep({ text: split })).toEqual({ text: "[removed: github]" });
});

test("strings at any depth are reached, names included, and the shape stays", () => {
  const secret = ["sk-ant", "oat01-abcdefghijklmnop"].join("-");
  expect(scrubDeep({ a: [{ b: secret }], n: 1, none: null, [secret]: true })).toEqual({
    a: [{ b: "[removed: anthropic]" }],
    n: 1,
    none: null,
    "[removed: anthropic]": true,
  });
});

test("JSON text is cleaned as the value is, whatever is in it", () => {
  const token = fc.oneof(...Object.values(TOKENS));
  const part = fc.oneof(
    fc.string({ unit: "binary" }),
    token,
    fc.constantFrom("\u001b[0m", "\u0007", "\u009b", "\u007f", '"', "\\", "\r", "\t\n", "https://u:p@h/"),
  );
  const text = fc.array(part, { maxLength: 5 }).map((parts) => parts.join(""));
  fc.assert(
    fc.property(fc.dictionary(text, fc.oneof(text, fc.array(text))), (value) => {
      expect(cleanJson(value)).toBe(JSON.stringify(cleanDeep(value)));
    }),
  );
});

test("each shape's marks survive in JSON as they are, which the quick look relies on", () => {
  for (const { marks } of TOKEN_SHAPES) {
    for (const mark of marks) expect(JSON.stringify(mark)).toBe(`"${mark}"`);
  }
});
