/** Loaded before the program: SST's sources read these globals while they load. */
import path from "node:path";
import { input } from "./program-input.ts";

/**
 * A global `sst` runs `sst.config.ts` with whatever Node it finds, and the project supports Node 20, so
 * anything that Node 20 lacks is missing here too.
 */
const NEWER_THAN_NODE_20: [owner: object, names: string[]][] = [
  [Promise, ["withResolvers", "try"]],
  [Map, ["groupBy"]],
  [Object, ["groupBy"]],
  [Array, ["fromAsync"]],
  [Set.prototype, ["union", "intersection", "difference", "isSubsetOf", "isSupersetOf", "isDisjointFrom"]],
  [
    Object.getPrototypeOf(Object.getPrototypeOf([][Symbol.iterator]())) as object,
    ["map", "filter", "take", "drop", "flatMap", "reduce", "toArray", "forEach", "some", "every", "find"],
  ],
];
for (const [owner, names] of NEWER_THAN_NODE_20)
  for (const name of names) Reflect.deleteProperty(owner, name);

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
