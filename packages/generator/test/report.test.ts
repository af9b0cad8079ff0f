import { expect, test } from "vitest";
import { GeneratorFact } from "@leo/core/event.ts";
import { cleanFact } from "../src/report.ts";

test("a fact loses credentials, colours and NUL, at any depth", () => {
  const token = ["ghp", "a".repeat(36)].join("_");
  const clean = cleanFact({
    type: "verified",
    passed: false,
    round: 1,
    checks: [{ name: "build", result: "failed", durationMs: 1, output: `\u001B[31m${token}\0\u001B[0m!` }],
  });
  expect(clean).toMatchObject({ checks: [{ output: "[removed: github]!" }] });
});

test("a fact that is too long for the wire is cut and says so", () => {
  const long = "😀".repeat(30_000);
  const facts: GeneratorFact[] = [
    { type: "log", level: "info", text: long },
    { type: "agent_tool", toolUseId: "t", name: long, target: long, status: "failed", result: long },
    { type: "error", failure: { code: "internal", message: long, detail: long } },
  ];
  for (const fact of facts) {
    const parsed = GeneratorFact.safeParse(cleanFact(fact));
    expect(parsed.error).toBeUndefined();
    expect(JSON.stringify(parsed.data)).toContain("[cut]");
  }
});
