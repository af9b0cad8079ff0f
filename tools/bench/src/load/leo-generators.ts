/**
 * Leo's generators, all in this process: the ECS endpoint that the orchestrator launches tasks at, and
 * a scripted generator for each task. They connect at once and report what their feeds make.
 */
import { startEcs, type LocalEcs } from "@leo/local/ecs.ts";
import { functionContainers, type ContainerFunction } from "@leo/local/ecs/function-containers.ts";
import { until } from "@leo/local/testing/until.ts";
import { runScriptedGenerator } from "@leo/mock/scripted-generator/run.ts";
import { serveCommands } from "../harness/child.ts";
import { Feed, playAll, type Phase } from "./feed.ts";

export interface TasksOptions {
  cluster: string;
  queueUrl: string;
  /** Homes and logs of tasks that are processes. */
  directory: string;
  /** What a generator needs to upload. */
  generatorEnv: Record<string, string>;
  /** Events that each generator reports as soon as it has its work. */
  atOnce: number;
}

const START_MS = 300_000;

let ecs: LocalEcs | undefined;
let eventsAtOnce = 0;
/** By generation, those that have their work. */
const feeds = new Map<string, Feed>();

const generator: ContainerFunction = async ({ environment }, signal) => {
  const running = runScriptedGenerator({
    url: environment["LEO_GENERATOR_URL"] ?? "",
    token: environment["LEO_ATTEMPT_TOKEN"] ?? "",
    facts: ({ generationId }) => {
      const feed = feeds.get(generationId) ?? new Feed();
      feeds.set(generationId, feed);
      if (eventsAtOnce > 0) void feed.play({ events: eventsAtOnce });
      return feed.facts();
    },
  });
  signal.addEventListener("abort", () => running.stop());
  return (await running.outcome).exitCode;
};

const sandbox: ContainerFunction = (_spec, signal) =>
  new Promise((resolve) => signal.addEventListener("abort", () => resolve(0)));

const feedsOf = (generationIds: string[]) => generationIds.flatMap((id) => feeds.get(id) ?? []);

const commands = {
  start: async ({ cluster, queueUrl, atOnce }: TasksOptions) => {
    eventsAtOnce = atOnce;
    ecs = await startEcs({
      cluster,
      queueUrl,
      runContainer: functionContainers({ leo: generator, sandbox }),
    });
    ecs.register({
      family: "leo",
      cpu: 4_096,
      memoryMib: 8_192,
      containers: [
        { name: "sandbox", command: ["sandbox"] },
        { name: "leo", command: ["leo"] },
      ],
    });
    return { env: ecs.env, cluster: ecs.cluster };
  },
  /** Resolves once each of these generations has a generator with its work. */
  atWork: async (generationIds: string[]) => {
    await until(
      `${generationIds.length} generators`,
      () => feedsOf(generationIds).length === generationIds.length,
      START_MS,
    );
  },
  play: async ({ generationIds, phase }: { generationIds: string[]; phase: Phase }) =>
    playAll(feedsOf(generationIds), phase),
  stop: async () => ecs?.stop(0),
};
export type LeoGenerators = typeof commands;

serveCommands(commands);
