import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { FilePath } from "../src/artifact.ts";
import { parseConfig } from "../src/config.ts";
import { Event } from "../src/event.ts";
import { Prompt } from "../src/generation.ts";
import { FromGenerator, NumberedMessage } from "../src/protocol/generator.ts";

describe("paths", () => {
  test.each([
    "../x",
    "a/../b",
    "/etc/passwd",
    "a//b",
    "a\\b",
    "",
    ".",
    "a/.",
    "a\u0000b",
    "a\nb",
    "a/".repeat(40) + "b",
  ])("refuses %j", (path) => expect(FilePath.safeParse(path).success).toBe(false));
  test.each(["index.html", "src/App.tsx", ".gitignore", "a/..b/c...txt"])("takes %j", (path) =>
    expect(FilePath.parse(path)).toBe(path),
  );
  test("what is accepted never leaves its folder", () => {
    fc.assert(
      fc.property(fc.string(), (path) => {
        if (!FilePath.safeParse(path).success) return;
        const url = new URL(path.split("/").map(encodeURIComponent).join("/"), "http://leo/base/");
        expect(url.pathname.startsWith("/base/")).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("requests", () => {
  test("an empty and an over-long request say so", () => {
    expect(Prompt.safeParse("  \n").error?.issues[0]?.message).toBe(
      "The request is empty. Say what to build.",
    );
    expect(Prompt.safeParse("x".repeat(15_001)).error?.issues[0]?.message).toContain("15,000 characters");
    expect(Prompt.parse("x".repeat(15_000))).toHaveLength(15_000);
  });
});

describe("frames", () => {
  test("a message needs a number, a known type and its fields", () => {
    const good = { n: 1, type: "log", level: "info", text: "hello" };
    expect(NumberedMessage.parse(good)).toEqual(good);
    for (const bad of [
      { ...good, n: 0 },
      { ...good, type: "eval" },
      { ...good, text: 5 },
      { ...good, level: "loud" },
    ]) {
      expect(NumberedMessage.safeParse(bad).success).toBe(false);
    }
  });

  test("anything at all is refused or parsed, never thrown on", () => {
    fc.assert(
      fc.property(fc.anything(), (frame) => {
        expect(typeof FromGenerator.safeParse(frame).success).toBe("boolean");
      }),
    );
  });

  test("a stored message is a valid event once it is numbered", () => {
    const event = {
      seq: 7,
      at: "2026-01-01T00:00:00.000Z",
      type: "agent_text",
      blockId: "b",
      text: "t",
      done: true,
    };
    expect(Event.parse(event)).toMatchObject({ seq: 7, text: "t" });
  });
});

test("settings that are missing or wrong come as one readable list", () => {
  const schema = z.object({ PORT: z.coerce.number().int(), DATABASE_URL: z.url(), NAME: z.string() });
  expect(() => parseConfig(schema, { PORT: "many", DATABASE_URL: "nope", NAME: "" })).toThrow(
    /PORT: .*\n {2}DATABASE_URL: .*\n {2}NAME: is not set/,
  );
});
