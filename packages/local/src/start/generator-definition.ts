import path from "node:path";
import type { LocalAws } from "../aws.ts";
import type { NewTaskDefinition } from "../ecs/definition.ts";
import { ROOT, type StartSettings } from "./settings.ts";

/** As it is built, like the image's. */
const generator = path.join(ROOT, "packages/generator");
const hideEnvironment = path.join(generator, "hide-environment.sh");

/** As on Fargate: the container with the agent and, beside it, the gateway that alone holds the credential. */
export const generatorDefinition = (
  { credential }: Pick<StartSettings, "credential">,
  aws: Pick<LocalAws, "generatorEnv">,
  options: {
    modelUrl?: string;
    environment: Record<string, string>;
    userEnvironment: Record<string, string>;
  },
): NewTaskDefinition => ({
  family: "leo",
  cpu: 4_096,
  memoryMib: 8_192,
  containers: [
    {
      name: "leo",
      command: ["/bin/bash", hideEnvironment, process.execPath, path.join(generator, "dist/main.js")],
      dependsOn: [{ containerName: "gateway", condition: "START" }],
      stopTimeoutMs: 120_000,
      environment: {
        ...options.environment,
        ...options.userEnvironment,
        ...aws.generatorEnv,
        ANTHROPIC_BASE_URL: "http://127.0.0.1:{{port:gateway}}",
      },
    },
    {
      name: "gateway",
      command: [process.execPath, path.join(generator, "dist/gateway.js")],
      stopTimeoutMs: 120_000,
      healthCheck: { url: "http://127.0.0.1:{{port:gateway}}/health" },
      environment: {
        ...options.environment,
        GATEWAY_PORT: "{{port:gateway}}",
        ...(options.modelUrl && { LEO_UPSTREAM_URL: options.modelUrl }),
      },
      // The scripted model takes any key.
      secrets: credential ? { [credential.name]: credential.value } : { ANTHROPIC_API_KEY: "leo-mock" },
    },
  ],
});
