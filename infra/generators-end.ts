/**
 * For `sst remove` while generators run. They belong to no service, so nothing would stop them, and neither the
 * cluster nor the network can be deleted under them. Dependents of this resource are deleted before it, its
 * dependencies after it: first the orchestrator, which starts generators; then the generators, which the reaper
 * stops when this is deleted; then everything they need.
 */
import { cluster } from "./cluster.ts";
import { generatorTaskDefinition } from "./generator.ts";
import { reaper } from "./reaper.ts";
import { generatorGroup } from "./security-groups.ts";

export const generatorsEnd = new aws.lambda.Invocation(
  "GeneratorsEnd",
  { functionName: reaper.nodes.function.name, input: "{}", lifecycleScope: "CRUD" },
  { dependsOn: [cluster.nodes.cluster, generatorGroup, generatorTaskDefinition] },
);
