/** The part of SST's process that its components call while a program runs: JSON-RPC over HTTP. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { build } from "esbuild";
import { input } from "./program-input.ts";

interface Call {
  method: string;
  params: [{ functionID?: string; handler?: string }];
}

const bootstrap = {
  asset: "sst-asset-test",
  assetEcrRegistryId: input.accountId,
  assetEcrUrl: `${input.accountId}.dkr.ecr.${input.region}.amazonaws.com/sst-asset`,
  state: "sst-state-test",
  appsyncHttp: "appsync.test",
  appsyncRealtime: "appsync-realtime.test",
};

/** Really bundles a Lambda, so that a handler that doesn't build fails here. */
const buildFunction = async ({ functionID = "function", handler = "" }: Call["params"][0]) => {
  const out = path.join(input.workFolder, "artifacts", `${functionID}-src`);
  const [file, exported] = handler.split(/\.(?=[^.]+$)/);
  await build({
    entryPoints: [path.join(input.root, `${file}.ts`)],
    outfile: path.join(out, "bundle.mjs"),
    bundle: true,
    platform: "node",
    format: "esm",
    logLevel: "error",
    external: ["@aws-sdk/*"],
  });
  return { handler: `bundle.${exported}`, out, errors: [], sourcemaps: [] };
};

const METHODS: Record<string, (argument: Call["params"][0]) => unknown> = {
  "Provider.Aws.Bootstrap": () => bootstrap,
  "Provider.Aws.Appsync": () => ({ http: bootstrap.appsyncHttp, realtime: bootstrap.appsyncRealtime }),
  "Runtime.Build": buildFunction,
  "Runtime.AddTarget": () => true,
};

const answer = async ({ method, params: [argument] }: Call) => {
  const call = METHODS[method];
  if (!call) return { error: `rpc: can't find ${method}` };
  return { result: await call(argument) };
};

/** Listens on loopback and points SST's components at it. */
export const startSstServer = async () => {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      answer(JSON.parse(Buffer.concat(chunks).toString("utf8")) as Call).then(
        (body) => response.end(JSON.stringify(body)),
        (error: unknown) => response.end(JSON.stringify({ error: String(error) })),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  process.env.SST_SERVER = `http://127.0.0.1:${port}`;
  return server;
};
