import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { readConfig } from "../src/config.ts";

const env = {
  LEO_GENERATOR_URL: "ws://127.0.0.1:1/ws/generator",
  LEO_ATTEMPT_TOKEN: "leo_at_a",
};

test("the command line wins over the environment", () => {
  const config = readConfig(env, ["--url", "wss://example.org/ws/generator", "--token", "leo_at_b"]);
  expect(config).toMatchObject({
    LEO_GENERATOR_URL: "wss://example.org/ws/generator",
    LEO_ATTEMPT_TOKEN: "leo_at_b",
  });
});

test("unless it is set otherwise the workspace is kept every minute while it changes", () => {
  expect(readConfig(env).LEO_CHECKPOINT_INTERVAL_MS).toBe(15_000);
});

test("settings that are missing or wrong are all named at once", () => {
  expect(() => readConfig({ LEO_GENERATOR_URL: "http://x", LEO_DEADLINE_AT: "tomorrow" })).toThrow(
    /LEO_GENERATOR_URL[\s\S]*LEO_ATTEMPT_TOKEN: is not set[\s\S]*LEO_DEADLINE_AT/,
  );
});

test("a process that is started wrongly says why and ends with 2", async () => {
  const main = join(import.meta.dirname, "../dist/main.js");
  const started = promisify(execFile)(process.execPath, [main], { env: { PATH: process.env.PATH } });
  await expect(started).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringContaining("LEO_ATTEMPT_TOKEN: is not set"),
  });
});
