import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { pino } from "pino";
import { expect, test } from "vitest";
import { CloseCode } from "@leo/core/protocol/close-code.ts";
import { AppGeneratorAgent } from "../src/agent/agent.ts";
import { startAhead } from "../src/agent/harness-ahead.ts";
import { DEFAULT_MODEL, DEFAULT_SMALL_MODEL } from "../src/agent/default-models.ts";
import { readConfig } from "../src/config.ts";
import { runGenerator } from "../src/generator.ts";
import { findFamily } from "../src/process/family.ts";
import { DEFAULT_GATEWAY_PORT, gatewayUrl } from "../src/gateway/port.ts";
import { Sandbox } from "../src/sandbox/sandbox.ts";
import { systemClock } from "../src/socket/clock.ts";
import {
  ATTEMPT_TOKEN,
  CREDENTIAL,
  withGeneration,
  type TestGeneration,
  type TestGenerationOptions,
} from "./support/generation.ts";
import { manualClock } from "./support/manual-clock.ts";
import { startOrchestrator } from "./support/orchestrator.ts";
import { withRunPaths } from "./support/run-paths.ts";
import { KEY, startTestHost } from "./support/sandbox.ts";
import { until } from "./support/until.ts";

const generate = (options: TestGenerationOptions, run: (generation: TestGeneration) => Promise<void>) =>
  withGeneration(
    {
      holdWork: true,
      generatorProcess: false,
      ...options,
      env: { LEO_CHROMIUM: "/nowhere", ...options.env },
    },
    run,
  );

const ofProcess = (pid: number, what: "cmdline" | "environ") =>
  readFile(`/proc/${pid}/${what}`, "latin1").then(
    (text) => text.split("\0"),
    // It ended meanwhile.
    () => [],
  );

interface AgentProcess {
  pid: number;
  args: string[];
}

/** The agent's own processes of a run, without its tools and guards. */
const agentsOf = async (home: string): Promise<AgentProcess[]> => {
  const family = await findFamily(home);
  const all = await Promise.all(family.map(async (pid) => ({ pid, args: await ofProcess(pid, "cmdline") })));
  return all.filter(({ args: [command = ""] }) => command.endsWith("/claude"));
};
const agents = ({ root }: TestGeneration) => agentsOf(join(root, "home"));

const oneAgent = async (generation: TestGeneration, unlike?: AgentProcess): Promise<AgentProcess> => {
  let found: AgentProcess[] = [];
  await until(async () => {
    found = await agents(generation);
    return found.length === 1 && found[0]?.pid !== unlike?.pid;
  });
  return found[0] as AgentProcess;
};

const nothingLeft = async ({ root }: TestGeneration) =>
  expect(await findFamily(join(root, "home"))).toEqual([]);

/** Slow, so that the run is in the middle of its first answer when it is looked at. */
const SLOW = { prompt: "a todo list mock:slow", model: { slowMs: 60_000 } };

test("the agent waits for its work with a clean environment, and the work goes to that process", () =>
  generate(SLOW, async (generation) => {
    const { orchestrator, model, start, finished } = generation;
    const early = await oneAgent(generation);
    const environment = (await ofProcess(early.pid, "environ")).join("\n");
    expect(environment).toContain("ANTHROPIC_BASE_URL=");
    for (const secret of [ATTEMPT_TOKEN, CREDENTIAL, "AWS_", "LEO_"])
      expect(environment).not.toContain(secret);
    expect(model.requests).toEqual([]);

    orchestrator.send(start);
    await until(() => model.requests.length > 0);
    expect((await agents(generation)).map(({ pid }) => pid)).toEqual([early.pid]);
    orchestrator.send({ type: "cancel" });
    expect((await finished()).failure).toBe("interrupted");
    await nothingLeft(generation);
  }));

test("work with other limits gets a process of its own, and the first one is gone", () =>
  generate({ ...SLOW, env: { LEO_MAX_TURNS: "7" } }, async (generation) => {
    const { orchestrator, model, start, finished } = generation;
    const early = await oneAgent(generation);
    expect(early.args).toContain("--max-turns=7");
    orchestrator.send(start);
    await until(() => model.requests.length > 0);
    const own = await oneAgent(generation, early);
    expect(own.args).toContain(`--max-turns=${start.limits.maxTurns}`);
    orchestrator.send({ type: "cancel" });
    expect((await finished()).failure).toBe("interrupted");
    await nothingLeft(generation);
  }));

test("an agent that died before its work came is replaced, and the run goes on", () =>
  generate({ prompt: "a todo list mock:refusal" }, async (generation) => {
    const { orchestrator, start, finished } = generation;
    const early = await oneAgent(generation);
    process.kill(early.pid, "SIGKILL");
    await until(async () => (await agents(generation)).length === 0);
    orchestrator.send(start);
    expect((await finished()).failure).toBe("declined");
  }));

const DEAF = { report: () => undefined, onToolEnded: () => undefined, onModelAnswer: () => undefined };
const announced = { LEO_MAX_TURNS: "50", LEO_BUDGET_USD: "5" };

test("the agent SDK is pinned exactly, because its harness's arguments are written down here too", async () => {
  for (const file of ["../package.json", "../../../tools/mock/package.json"]) {
    const text = await readFile(join(import.meta.dirname, file), "utf8");
    expect(text).toMatch(/"@anthropic-ai\/claude-agent-sdk": "\d+\.\d+\.\d+"/);
  }
});

test.for([
  ["the very process that the SDK asks for is taken as it is", DEFAULT_MODEL, true],
  ["another one than the SDK asks for is replaced", "another-model", false],
] as const)("of a harness that is started before its agent is known, %s", ([, name, isTaken]) =>
  withRunPaths(async ({ root, home }) => {
    const ahead = startAhead({ ...announced, LEO_WORKSPACE_ROOT: root });
    await until(async () => (await agentsOf(home)).length === 1);
    const [early] = await agentsOf(home);
    const host = await startTestHost(root, { ahead });
    const sandbox = await Sandbox.connect({ port: host.port, key: KEY });
    const agent = new AppGeneratorAgent(
      {
        sandbox,
        model: { baseUrl: gatewayUrl(DEFAULT_GATEWAY_PORT), name, small: DEFAULT_SMALL_MODEL },
        limits: { maxTurns: 50, budgetUsd: 5 },
        silentMs: 60_000,
        logger: pino({ level: "silent" }),
        clock: systemClock,
      },
      DEAF,
    );
    await agent.start();
    await until(async () => {
      const pids = (await agentsOf(home)).map(({ pid }) => pid);
      return pids.length === 1 && pids.includes(early?.pid ?? 0) === isTaken;
    });
    agent.stop();
    await until(async () => (await agentsOf(home)).length === 0);
    sandbox.close();
    await host.ended;
    expect(await findFamily(home)).toEqual([]);
  }),
);

test.for([{}, { ...announced, LEO_MAX_TURNS: "many" }, { ...announced, LEO_BUDGET_USD: undefined }])(
  "nothing is started ahead of work that is not announced: %j",
  async (env) => {
    expect(startAhead(env)).toBeUndefined();
  },
);

test("work that never comes ends the generator at its deadline, and leaves no process behind", () =>
  withRunPaths(async ({ root, home }) => {
    const host = await startTestHost(root, { ahead: startAhead({ ...announced, LEO_WORKSPACE_ROOT: root }) });
    const sandbox = await Sandbox.connect({ port: host.port, key: KEY });
    const orchestrator = await startOrchestrator();
    const clock = manualClock();
    const deadlineMs = 20_000;
    const config = readConfig({
      LEO_GENERATOR_URL: orchestrator.url,
      LEO_ATTEMPT_TOKEN: ATTEMPT_TOKEN,
      LEO_DEADLINE_AT: new Date(clock.nowMs() + deadlineMs).toISOString(),
    });
    const logger = pino({ level: "silent" });
    const exited = runGenerator({
      config,
      logger,
      terminate: new AbortController().signal,
      clock,
      sandbox: Promise.resolve(sandbox),
    });
    await until(async () => (await agentsOf(home)).length === 1);
    clock.advance(deadlineMs);
    expect(await exited).toBe(1);
    await host.ended;
    await until(async () => (await findFamily(home)).length === 0);
    await orchestrator.close();
  }));

test.for([
  ["is cancelled", 0, ({ orchestrator }) => orchestrator.send({ type: "cancel" })],
  ["is given to a newer attempt", 0, ({ orchestrator }) => orchestrator.disconnect(CloseCode.fenced)],
  ["loses its machine", 143, ({ generator }) => generator.kill("SIGTERM")],
  ["loses its generator", "SIGKILL", ({ generator }) => generator.kill("SIGKILL")],
] as [string, number | string, (generation: TestGeneration) => void][])(
  "work that %s before it comes leaves no process behind",
  ([, exit, act]) =>
    generate({ generatorProcess: exit === "SIGKILL" }, async (generation) => {
      await oneAgent(generation);
      await until(() => generation.generator.output().includes("sandbox_ready"));
      act(generation);
      expect(await generation.generator.exited).toBe(exit);
      await until(async () => (await findFamily(join(generation.root, "home"))).length === 0);
      expect(generation.model.requests).toEqual([]);
    }),
);
