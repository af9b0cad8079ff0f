import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { startEcs, type EcsOptions, type LocalEcs } from "../ecs.ts";
import { functionContainers, type ContainerFunction } from "../ecs/function-containers.ts";
import { processContainers } from "../ecs/process-containers.ts";

export interface TestEcs extends LocalEcs {
  /** `{logDir}/{task id}/{container}.log` */
  logDir: string;
  region: string;
  /** What `new ECSClient(clientConfig)` takes. */
  clientConfig: {
    endpoint: string;
    region: string;
    credentials: { accessKeyId: string; secretAccessKey: string };
  };
}

export type TestEcsOptions = Partial<EcsOptions> & {
  /** Run containers as functions of this process, by container name, instead of as processes. */
  functions?: Record<string, ContainerFunction>;
};

/** Runs with an ECS endpoint of its own (cluster `leo-local`); every task is ended after. */
export const withEcs = async <T>(options: TestEcsOptions, run: (ecs: TestEcs) => Promise<T>): Promise<T> => {
  const directory = await mkdtemp(path.join(tmpdir(), "leo-ecs-"));
  const logDir = path.join(directory, "logs");
  const { functions, ...rest } = options;
  const runContainer = functions
    ? functionContainers(functions)
    : processContainers({ logDir, workDir: path.join(directory, "work") });
  const ecs = await startEcs({ cluster: "leo-local", runContainer, ...rest });
  const region = "us-east-1";
  const credentials = { accessKeyId: "LEOTEST", secretAccessKey: "local" };
  try {
    return await run({ ...ecs, logDir, region, clientConfig: { endpoint: ecs.url, region, credentials } });
  } finally {
    await ecs.stop(0);
    await rm(directory, { recursive: true, force: true });
  }
};
