import { stage } from "./context.ts";
import { generatorRepository, orchestratorRepository } from "./registry.ts";

export const orchestratorImage = {
  component: "OrchestratorImage",
  dockerfile: "packages/orchestrator/Dockerfile",
  repository: orchestratorRepository,
  prebuilt: stage.orchestrator.image,
};

export const generatorImage = {
  component: "GeneratorImage",
  dockerfile: "packages/generator/Dockerfile",
  repository: generatorRepository,
  prebuilt: stage.generator.image,
};
