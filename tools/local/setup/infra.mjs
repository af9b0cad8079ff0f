import { existsSync } from "node:fs";
import path from "node:path";
import { projectNode, ROOT, run } from "./run.mjs";

/** The real SST components, which the tests of infra/ run; brought once by SST's own installer. */
export const installSstPlatform = async () => {
  const installer = path.join(ROOT, "tools/plan/graph/install-platform.ts");
  if (!existsSync(installer) || existsSync(path.join(ROOT, ".sst/platform/package.json"))) return;
  await run("installing the SST platform (sst install)", projectNode(), [installer]);
};
