/**
 * Runs `sst.config.ts` with SST's real components under Pulumi's mocks and writes the graph, as
 * JSON, to the file named by LEO_GRAPH_FILE. Bundled by `build-program.ts`, started by `run-graph.ts`.
 */
import { writeFileSync } from "node:fs";
import * as aws from "@pulumi/aws";
import * as dockerbuild from "@pulumi/docker-build";
import * as pulumi from "@pulumi/pulumi";
import { run } from "../../../.sst/platform/src/auto/run.ts";
import * as sst from "../../../.sst/platform/src/components/index.ts";
import * as shim from "../../../.sst/platform/src/shim/run.js";
import { dataSource, madeResource } from "./aws-answers.ts";
import type { DevCommand, Resource } from "./graph.ts";
import { input } from "./program-input.ts";
import { startSstServer } from "./sst-server.ts";

const SECRET_KEY = "4dabf18193072939515e22adb298388d";
const resources: Resource[] = [];
const commands: pulumi.Output<DevCommand>[] = [];
const dataSources = new Set<string>();
const printed: string[] = [];

/** Pulumi's wrapping of secret values, turned into `{ secret }`. */
const plain = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value !== "object") return value;
  if (SECRET_KEY in value) return { secret: (value as unknown as { value: unknown }).value };
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
};

/** Options never reach the mocks, so a transformation records them on the way. */
const seenOptions = new Map<string, pulumi.CustomResourceOptions>();
const seenDependencies = new Map<string, string[]>();
const key = ({ type, name }: { type: string; name: string }) => `${type} ${name}`;

type DevOutputs = Record<string, pulumi.Input<Omit<DevCommand, "role"> & { aws: { role: string } }>>;

/** SST's CLI learns about a command from its component's output, which never reaches the mocks. */
const watchCommands = () => {
  const component = pulumi.ComponentResource.prototype as unknown as {
    registerOutputs: (outputs?: DevOutputs) => void;
  };
  const register = component.registerOutputs;
  component.registerOutputs = function registerAndNote(outputs) {
    const dev = outputs?.["_dev"];
    if (dev) commands.push(pulumi.output(dev).apply(({ aws: { role }, ...rest }) => ({ ...rest, role })));
    register.call(this, outputs);
  };
};

const watchOptions = () =>
  pulumi.runtime.registerStackTransformation((args) => {
    seenOptions.set(key(args), args.opts);
    return undefined;
  });

const optionsOf = (resource: pulumi.runtime.MockResourceArgs) => {
  const seen = seenOptions.get(key(resource));
  const parent = (seen?.parent as Record<string, string> | undefined)?.["__name"];
  const options = {
    ignoreChanges: seen?.ignoreChanges ?? [],
    retainOnDelete: seen?.retainOnDelete ?? false,
    ...(resource.id ? { import: resource.id } : {}),
  };
  const dependencies = seenDependencies.get(key(resource)) ?? [];
  return { options, dependencies, ...(parent ? { parent } : {}) };
};

interface RegisterRequest {
  getType(): string;
  getName(): string;
  getDependenciesList(): string[];
}
interface Monitor {
  registerResource(request: RegisterRequest, answered: unknown): unknown;
}

/** The mocks don't receive a resource's dependencies; the engine's stand-in does, as URNs. */
const watchDependencies = () => {
  const monitor = pulumi.runtime.getMonitor() as unknown as Monitor;
  const register = monitor.registerResource.bind(monitor);
  monitor.registerResource = (request, answered) => {
    const names = request.getDependenciesList().map((urn) => urn.split("::").at(-1) ?? urn);
    seenDependencies.set(key({ type: request.getType(), name: request.getName() }), names.toSorted());
    return register(request, answered);
  };
};

const finish = (result: unknown, code: number): never => {
  writeFileSync(process.env.LEO_GRAPH_FILE ?? "/dev/stdout", JSON.stringify(result));
  // A rejection leaves promises open, which Pulumi would report on exit.
  process.removeAllListeners("exit");
  process.exit(code);
};
const refuse = (error: unknown) => {
  const { name, message, stack } = error as Error;
  // The stack itself exists only in Pulumi's records.
  const registered = resources.filter(({ type }) => type !== "pulumi:pulumi:Stack").length;
  return finish({ refused: name === "VisibleError" ? message : stack, registered }, 0);
};
process.on("unhandledRejection", refuse);
process.on("uncaughtException", refuse);

console.warn = console.log = (...words: unknown[]) => {
  printed.push(words.join(" "));
};

await startSstServer();
await pulumi.runtime.setMocks(
  {
    newResource: (args) => {
      const inputs = plain(args.inputs) as Record<string, unknown>;
      const made = madeResource(args);
      const attributes = { id: made.id, ...made.computed };
      resources.push({ type: args.type, name: args.name, inputs, attributes, ...optionsOf(args) });
      return made;
    },
    call: (args) => {
      dataSources.add(args.token);
      return dataSource(args);
    },
  },
  "leo-saas",
  input.stage,
);
watchDependencies();

// The globals of every SST project; the configuration loads once they exist.
Object.assign(globalThis, shim, { sst, aws, dockerbuild });
const { default: config } = await import("../../../sst.config.ts");
const outputs = await pulumi.runtime.runInPulumiStack(() => {
  watchOptions();
  watchCommands();
  return run(() => config.run());
});
const resolved = await new Promise((resolve) => pulumi.output(outputs).apply(resolve));
await pulumi.runtime.disconnect();
const devCommands = await new Promise((resolve) => pulumi.all(commands).apply(resolve));
finish(
  {
    resources,
    commands: plain(devCommands),
    dataSources: [...dataSources].toSorted(),
    outputs: plain(resolved),
    printed,
  },
  0,
);
