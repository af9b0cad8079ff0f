import path from "node:path";
import { withoutProxyCredentials } from "@leo/core/network-settings.ts";
import { DRIVER_CONTAINER, SANDBOX_CONTAINER } from "@leo/core/task-containers.ts";
import type { LocalAws } from "../aws.ts";
import type { NewTaskDefinition } from "../ecs/definition.ts";
import { ROOT, type StartSettings } from "./settings.ts";

/** As it is built, like the image's. */
const generator = path.join(ROOT, "packages/generator");
const hideEnvironment = path.join(generator, "hide-environment.sh");

/** Containers of one task share their loopback. */
const PORTS = { GATEWAY_PORT: "{{port:gateway}}", LEO_SANDBOX_PORT: "{{port:sandbox}}" };

/**
 * As on Fargate: the driver, which holds what is secret, and beside it the sandbox with the agent. Here both are
 * processes of one user.
 */
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
      name: SANDBOX_CONTAINER,
      command: [process.execPath, path.join(generator, "dist/sandbox.js")],
      stopTimeoutMs: 120_000,
      environment: {
        ...withoutProxyCredentials({ ...options.environment, ...options.userEnvironment }),
        ...PORTS,
      },
    },
    {
      name: DRIVER_CONTAINER,
      command: [
        "/bin/bash",
        hideEnvironment,
        process.execPath,
        "--disable-sigusr1",
        path.join(generator, "dist/main.js"),
      ],
      // Stopped before the sandbox, so that it can still store what is there.
      dependsOn: [{ containerName: SANDBOX_CONTAINER, condition: "START" }],
      stopTimeoutMs: 120_000,
      environment: {
        ...options.environment,
        ...options.userEnvironment,
        ...aws.generatorEnv,
        ...PORTS,
        ...(options.modelUrl && { LEO_UPSTREAM_URL: options.modelUrl }),
      },
      // The scripted model takes any key.
      secrets: credential ? { [credential.name]: credential.value } : { ANTHROPIC_API_KEY: "leo-mock" },
    },
  ],
});
