/**
 * Stores a version: `source/`, `dist/`, the checkpoint, the screenshot, and the manifest last. A
 * manifest in the bucket is the proof that everything it names is there.
 */
import { distKey, Manifest, manifestKey, screenshotKey, sourceKey, type Check } from "@leo/core/artifact.ts";
import type { StartGeneration } from "@leo/core/protocol/generator.ts";
import type { Report } from "../report.ts";
import { readClientRoutes } from "../verify/client-routes.ts";
import { outputDirectory } from "../verify/smoke.ts";
import { listFiles, totalBytes, withinLimits, type FileListing } from "../workspace/files.ts";
import type { RunPaths } from "../workspace/paths.ts";
import type { Checkpoints } from "./checkpoints.ts";
import type { ObjectStore } from "./store.ts";
import { readTitle } from "./title.ts";
import { uploadFiles } from "./upload.ts";
import { isSystemError } from "../error-text.ts";

/** Refused files that are named; of more, only the number is told. */
const REFUSALS_NAMED = 20;

export interface VersionOptions {
  start: StartGeneration;
  paths: RunPaths;
  store: ObjectStore;
  checkpoints: Checkpoints;
  checks: Check[];
  screenshot: Buffer | undefined;
  /** True when the run ended before its work was whole. */
  partial: boolean;
  report: Report;
}

const tellRefused = (listing: FileListing, report: Report) => {
  const warn = (text: string) => report({ type: "log", level: "warn", text });
  for (const { path, reason } of listing.refused.slice(0, REFUSALS_NAMED))
    warn(`Not stored: ${path} (${reason})`);
  const more = listing.refused.length - REFUSALS_NAMED;
  if (more > 0) warn(`Not stored: ${more} more files`);
};

/** Files of the build's output; there may be none. */
export const listOutput = async (paths: RunPaths): Promise<FileListing> => {
  try {
    return await listFiles(outputDirectory(paths), true);
  } catch (error) {
    if (isSystemError(error, "ENOENT")) return { files: [], refused: [] };
    throw error;
  }
};

/**
 * Stores what the next request continues from. The app is what it was, so no file of it is stored again.
 * @throws when something could not be stored; there is then no manifest
 */
export const publishAnswer = async ({
  start,
  store,
  checkpoints,
}: Pick<VersionOptions, "start" | "store" | "checkpoints">): Promise<Manifest> => {
  const { appId, generationId, attempt, artifact } = start;
  const manifest = Manifest.parse({
    version: 1,
    appId,
    generationId,
    attempt,
    source: [],
    dist: [],
    checkpoint: await checkpoints.save(),
    checks: [],
    answered: true,
  });
  await store.create(manifestKey(artifact.prefix), Buffer.from(JSON.stringify(manifest)), "application/json");
  return manifest;
};

/**
 * Stores everything and reports `artifact_uploaded`.
 * @throws when something could not be stored; there is then no manifest
 */
export const publishVersion = async (options: VersionOptions): Promise<Manifest> => {
  const startedMs = performance.now();
  const { start, paths, store, checkpoints, report } = options;
  const { prefix } = start.artifact;
  const source = withinLimits(await listFiles(paths.workspace));
  const output = withinLimits(await listOutput(paths), totalBytes(source));
  tellRefused(source, report);
  tellRefused(output, report);

  const screenshot = screenshotKey(prefix);
  const storingSource = uploadFiles(store, paths.workspace, source.files, (path) => sourceKey(prefix, path));
  const storingDist = uploadFiles(store, outputDirectory(paths), output.files, (path) =>
    distKey(prefix, path),
  );
  const storingState = checkpoints.save();
  const storingPicture = options.screenshot && store.create(screenshot, options.screenshot, "image/png");
  // After an error too all of it has ended, before the directory that it reads goes.
  await Promise.allSettled([storingSource, storingDist, storingState, storingPicture]);
  const [sourceFiles, distFiles, checkpoint] = await Promise.all([
    storingSource,
    storingDist,
    storingState,
    storingPicture,
  ]);
  const hasClientRoutes = distFiles.length > 0 && (await readClientRoutes(outputDirectory(paths)));
  const manifest = Manifest.parse({
    version: 1,
    appId: start.appId,
    generationId: start.generationId,
    attempt: start.attempt,
    title: await readTitle(paths.workspace),
    source: sourceFiles,
    dist: distFiles,
    checkpoint,
    ...(options.screenshot ? { screenshot } : {}),
    checks: options.checks,
    ...(hasClientRoutes ? { routes: "client" } : {}),
    ...(options.partial ? { partial: true } : {}),
  });
  await store.create(manifestKey(prefix), Buffer.from(JSON.stringify(manifest)), "application/json");
  report({
    type: "artifact_uploaded",
    fileCount: sourceFiles.length + distFiles.length,
    sizeBytes: totalBytes(source) + totalBytes(output),
    durationMs: performance.now() - startedMs,
  });
  return manifest;
};
