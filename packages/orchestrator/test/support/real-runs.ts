/** An orchestrator whose tasks are the real generator, with driver and sandbox as processes, on leo-mock's model. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { ContainerRun, RunContainer } from "@leo/local/ecs/container.ts";
import { processContainers } from "@leo/local/ecs/process-containers.ts";
import { generatorDefinition } from "@leo/local/start/generator-definition.ts";
import { processEnv } from "@leo/local/start/orchestrator-env.ts";
import { CACHE_DIR } from "@leo/local/start/settings.ts";
import { until } from "@leo/local/testing/until.ts";
import { startModelServer, type ModelServer } from "@leo/mock/model-server/start.ts";
import { withOrchestrator, type OrchestratorOptions, type TestOrchestrator } from "./orchestrator.ts";

export interface RealContainer {
  generationId: string;
  attempt: number;
  run: ContainerRun;
}

export interface RealLeo extends TestOrchestrator {
  model: ModelServer;
  /** A container of a generation's attempt, once it runs. `leo` is the driver. */
  container(name: "leo" | "sandbox", generationId: string, attempt: number): Promise<RealContainer>;
  /** What the attempt's containers printed, for a test that fails. */
  printed(generationId: string): Promise<string>;
}

export interface RealRunOptions extends Omit<OrchestratorOptions, "ecs" | "agent"> {
  /** Of driver and sandbox. */
  environment?: Record<string, string>;
  model?: Parameters<typeof startModelServer>[0];
}

/** Runs with the whole of Leo but its page. */
export const withRealRuns = async (
  { environment = {}, model: modelOptions, ...options }: RealRunOptions,
  run: (leo: RealLeo) => Promise<void>,
): Promise<void> => {
  const directory = await mkdtemp(path.join(tmpdir(), "leo-runs-"));
  const model = await startModelServer(modelOptions);
  const logDir = path.join(directory, "logs");
  const started: (RealContainer & { name: string; taskId: string })[] = [];
  const runProcess = processContainers({ logDir, workDir: path.join(directory, "work") });
  const owners = new Map<string, Pick<RealContainer, "generationId" | "attempt">>();
  const runContainer: RunContainer = async (spec) => {
    const { LEO_GENERATION_ID, LEO_ATTEMPT } = spec.environment;
    if (LEO_GENERATION_ID !== undefined)
      owners.set(spec.taskId, { generationId: LEO_GENERATION_ID, attempt: Number(LEO_ATTEMPT) });
    const { name, taskId } = spec;
    const container = await runProcess(spec);
    started.push({
      name,
      taskId,
      run: container,
      get generationId() {
        return owners.get(taskId)?.generationId ?? "";
      },
      get attempt() {
        return owners.get(taskId)?.attempt ?? 0;
      },
    });
    return container;
  };
  try {
    await withOrchestrator({ ...options, ecs: { runContainer } }, async (leo) => {
      const { PATH: _path, HOME: _home, ...inherited } = processEnv(CACHE_DIR);
      const definition = generatorDefinition(
        { credential: undefined },
        { generatorEnv: leo.bucket.generatorEnv },
        { modelUrl: model.url, environment: { ...inherited, ...environment }, userEnvironment: {} },
      );
      leo.ecs.register(definition);
      await run({
        ...leo,
        model,
        container: (name, generationId, attempt) =>
          until(`container ${name} of attempt ${attempt}`, () =>
            started.find(
              (each) => each.name === name && each.generationId === generationId && each.attempt === attempt,
            ),
          ),
        printed: async (generationId) => {
          const containers = started.filter((each) => each.generationId === generationId);
          const texts = containers.map(async ({ name, taskId, attempt }) => {
            const text = await readFile(path.join(logDir, taskId, `${name}.log`), "utf8");
            return `${name} ${attempt}:\n${text}`;
          });
          return (await Promise.all(texts)).join("\n");
        },
      });
    });
  } finally {
    await model.close();
    await rm(directory, { recursive: true, force: true });
  }
};
