import { randomUUID } from "node:crypto";
import { pino } from "pino";
import { expect, test } from "vitest";
import { AppGeneratorAgent } from "../src/agent/agent.ts";
import { systemClock } from "../src/socket/clock.ts";
import { withSandbox } from "./support/sandbox.ts";

const DEAF = { report: () => undefined, onToolEnded: () => undefined, onModelAnswer: () => undefined };

test("what the agent's process writes to stderr is in the log", () =>
  withSandbox(async (sandbox) => {
    const lines: string[] = [];
    const agent = new AppGeneratorAgent(
      {
        sandbox,
        model: { baseUrl: "http://127.0.0.1:9", name: "claude-opus-5-5", small: "claude-haiku-5-5" },
        limits: { maxTurns: 3, budgetUsd: 1 },
        // There is no such session, and the harness says so on stderr.
        resume: randomUUID(),
        silentMs: 60_000,
        logger: pino({}, { write: (line: string) => void lines.push(line) }),
        clock: systemClock,
      },
      DEAF,
    );
    try {
      await agent.start();
      const failed = await agent.prompt("go on");
      expect(JSON.stringify(failed)).toContain("No conversation found");
      const logged = lines.map((line) => JSON.parse(line) as { event?: string; agentStderr?: string });
      expect(logged).toContainEqual(
        expect.objectContaining({
          event: "agent_stderr",
          agentStderr: expect.stringContaining("No conversation found"),
        }),
      );
    } finally {
      agent.stop();
    }
  }));
