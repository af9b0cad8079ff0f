/** Loaded before the program: SST's sources read these globals while they load. */
import path from "node:path";
import { input } from "./program-input.ts";

Object.assign(globalThis, {
  $app: {
    name: "leo-saas",
    stage: input.stage,
    removal: input.stage === "prod" ? "retain" : "remove",
    protect: input.stage === "prod",
    providers: {},
  },
  $dev: input.dev,
  $cli: {
    command: input.dev ? "dev" : "deploy",
    rpc: "",
    paths: {
      home: input.workFolder,
      root: input.root,
      work: input.workFolder,
      platform: path.join(input.root, ".sst/platform"),
    },
    state: { version: {} },
  },
  $config: (config: unknown) => config,
});
