/** Tasks as `npm start` runs them: the real generator and its gateway as processes, on leo-mock's model. */
import path from "node:path";
import { startEcs, type LocalEcs } from "@leo/local/ecs.ts";
import { processContainers } from "@leo/local/ecs/process-containers.ts";
import { generatorDefinition } from "@leo/local/start/generator-definition.ts";
import { processEnv } from "@leo/local/start/orchestrator-env.ts";
import { CACHE_DIR } from "@leo/local/start/settings.ts";
import { startModelServer } from "@leo/mock/model-server/start.ts";
import { serveCommands } from "../harness/child.ts";
import type { TasksOptions } from "./leo-generators.ts";

/** As in `npm start`: a person can read along. */
const PACE_MS = 10;

let ecs: LocalEcs | undefined;

serveCommands({
  start: async ({ cluster, queueUrl, directory, generatorEnv }: TasksOptions) => {
    const model = await startModelServer({ paceMs: PACE_MS, recordMax: 0 });
    ecs = await startEcs({
      cluster,
      queueUrl,
      runContainer: processContainers({
        logDir: path.join(directory, "logs"),
        workDir: path.join(directory, "work"),
      }),
    });
    const { PATH: _path, HOME: _home, ...environment } = processEnv(CACHE_DIR);
    const options = { modelUrl: model.url, environment, userEnvironment: {} };
    ecs.register(generatorDefinition({ credential: undefined }, { generatorEnv }, options));
    return { env: ecs.env, cluster: ecs.cluster };
  },
  stop: async () => ecs?.stop(0),
});
