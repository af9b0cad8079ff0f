import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { S3Client } from "@aws-sdk/client-s3";
import {
  checkpointKey,
  distKey,
  manifestKey,
  sourceKey,
  type ArtifactFile,
  type Manifest,
} from "@leo/core/artifact.ts";
import { createObject } from "@leo/generator/artifact/store.ts";
import type { StartGeneration } from "@leo/core/protocol/generator.ts";

interface UploadedArtifact {
  fileCount: number;
  sizeBytes: number;
}

const SOURCE = {
  "index.html": '<!doctype html><title>Scripted</title><div id="root"></div>\n',
  "src/App.tsx": "export default function App() {\n  return <h1>Scripted</h1>;\n}\n",
};
const pageFor = (prompt: string) =>
  `<!doctype html><html lang="en"><meta charset="utf-8"><title>Scripted</title><h1>Scripted</h1><p>${prompt.replace(/[<&]/g, "")}</p></html>\n`;

const describe = (path: string, content: string): ArtifactFile => ({
  path,
  sizeBytes: Buffer.byteLength(content),
  sha256: createHash("sha256").update(content).digest("hex"),
});

/** A tar of no files, compressed: two empty blocks. */
const EMPTY_CHECKPOINT = gzipSync(Buffer.alloc(1_024));

/** A client for the endpoint and credentials of the environment. */
export const s3FromEnvironment = () =>
  new S3Client({ forcePathStyle: process.env.LEO_S3_FORCE_PATH_STYLE === "true" });

/**
 * Uploads a small version, its manifest last, creating objects only.
 * @throws when the store refuses, as it does for a key that exists
 */
export const uploadArtifact = async (
  s3: S3Client,
  start: StartGeneration,
  partial: boolean,
): Promise<UploadedArtifact> => {
  const { bucket, prefix } = start.artifact;
  const put = (key: string, body: string | Buffer, contentType: string) =>
    createObject(s3, { bucket, key, body, contentType });
  const dist = { "index.html": pageFor(start.prompt) };
  const source = Object.entries(SOURCE);
  await Promise.all([
    ...source.map(([path, content]) => put(sourceKey(prefix, path), content, "text/plain; charset=utf-8")),
    put(distKey(prefix, "index.html"), dist["index.html"], "text/html; charset=utf-8"),
    put(checkpointKey(prefix, 1), EMPTY_CHECKPOINT, "application/gzip"),
  ]);
  const manifest: Manifest = {
    version: 1,
    appId: start.appId,
    generationId: start.generationId,
    attempt: start.attempt,
    title: "Scripted",
    source: source.map(([path, content]) => describe(path, content)),
    dist: Object.entries(dist).map(([path, content]) => describe(path, content)),
    checkpoint: { key: checkpointKey(prefix, 1), sizeBytes: EMPTY_CHECKPOINT.length },
    checks: [{ name: "build", result: "passed", durationMs: 1 }],
    ...(partial ? { partial } : {}),
  };
  await put(manifestKey(prefix), JSON.stringify(manifest), "application/json");
  const files = [...manifest.source, ...manifest.dist];
  return { fileCount: files.length, sizeBytes: files.reduce((sum, file) => sum + file.sizeBytes, 0) };
};
