import { createRequire } from "node:module";
import path from "node:path";
import { PLATFORM } from "./install-platform.ts";

interface Resolve {
  onResolve(
    options: { filter: RegExp },
    resolve: (args: { path: string; importer: string }) => { path: string } | undefined,
  ): void;
}
interface BuildOptions {
  entryPoints: string[];
  outfile: string;
  [option: string]: unknown;
}
interface Esbuild {
  build(options: BuildOptions): Promise<unknown>;
}

/** The esbuild that comes with SST. */
export const platformEsbuild = () => createRequire(path.join(PLATFORM, "package.json"))("esbuild") as Esbuild;

const REQUIRE = `import { createRequire as makeRequire } from "node:module";
const require = makeRequire(import.meta.url);
const __filename = import.meta.filename, __dirname = import.meta.dirname;`;

/** A graph uses no AWS account or registry: preflight reads from a stand-in. */
const withoutNetwork = {
  name: "without-network",
  setup: (build: Resolve) =>
    build.onResolve({ filter: /\/aws-reader\.ts$/ }, () => ({
      path: path.join(import.meta.dirname, "account-reader.ts"),
    })),
};

/**
 * Bundles `program.ts`, SST's components and this project's `sst.config.ts` into one file inside
 * `.sst/platform`, leaving out what SST's own build leaves out.
 */
export const buildProgram = async (outfile: string): Promise<void> => {
  await platformEsbuild().build({
    entryPoints: [path.join(import.meta.dirname, "program.ts")],
    outfile,
    bundle: true,
    format: "esm",
    platform: "node",
    mainFields: ["module", "main"],
    logLevel: "error",
    plugins: [withoutNetwork],
    banner: { js: REQUIRE },
    nodePaths: [path.join(PLATFORM, "node_modules")],
    external: ["@pulumi/*", "@pulumiverse/*", "@aws-sdk/*", "undici", "esbuild", "archiver", "glob", "vite"],
  });
};
