/**
 * Stores a version: `source/`, `dist/`, the checkpoint, the screenshot and, last, the manifest. A manifest in the
 * bucket proves that everything it names is there.
 */
import {
  distKey,
  isEnvironmentFile,
  Manifest,
  manifestKey,
  screenshotKey,
  sourceKey,
  type ArtifactFile,
  type Check,
} from "@leo/core/artifact.ts";
import { PathNames } from "@leo/core/path-names.ts";
import type { StartGeneration } from "@leo/core/protocol/generator.ts";
import type { Report } from "../report.ts";
import { LIMITS } from "@leo/core/limits.ts";
import { findClientRoutes } from "@leo/core/preview/address.ts";
import type { Sandbox } from "../sandbox/sandbox.ts";
import type { RejectedFile } from "../workspace/files.ts";
import { ArchiveError, type ArchiveLimits } from "./sandbox-archive.ts";
import { exported } from "./checkpoint.ts";
import type { Checkpoints } from "./checkpoints.ts";
import type { ObjectStore } from "./store.ts";
import { readTitle } from "./title.ts";
import { Uploads } from "./uploads.ts";

/** Only this many rejected files are named, the rest are counted. */
const REJECTED_NAMED = 20;

export interface VersionOptions {
  start: StartGeneration;
  sandbox: Sandbox;
  store: ObjectStore;
  checkpoints: Pick<Checkpoints, "save">;
  checks: Check[];
  screenshot: Buffer | undefined;
  /** True if the run ended before its work was complete. */
  partial: boolean;
  report: Report;
}

const reportRejected = (rejected: RejectedFile[], count: number, report: Report) => {
  const warn = (text: string) => report({ type: "log", level: "warn", text });
  const named = rejected.slice(0, REJECTED_NAMED);
  for (const { path, reason } of named) warn(`Not stored: ${path} (${reason})`);
  const more = count - named.length;
  if (more > 0) warn(`Not stored: ${more} more files`);
};

const VERSION_LIMITS: ArchiveLimits = {
  maxFiles: LIMITS.artifactMaxFiles * 2,
  maxBytes: LIMITS.artifactMaxBytes,
  maxFileBytes: () => LIMITS.fileMaxBytes,
};

const PAGE = /\.html?$/i;
const SCRIPT = /\.(?:m?js|html?)$/i;

/** The files of a version as the sandbox sends them. */
class VersionFiles {
  readonly source: ArtifactFile[] = [];
  readonly dist: ArtifactFile[] = [];
  readonly rejected: RejectedFile[] = [];
  title: string | undefined;
  /** Each part of a version is a folder of its own here. */
  readonly names = new PathNames();
  #changesAddress = false;

  /** @throws ArchiveError for a name that can't be in a version */
  place(entryPath: string, prefix: string): { key: string; path: string; files: ArtifactFile[] } {
    const path = entryPath.replace(/^(?:source|dist)\//, "");
    const isSource = entryPath.startsWith("source/");
    if (path === entryPath) throw new ArchiveError(`${JSON.stringify(entryPath)} is no part of a version`);
    if (isEnvironmentFile(path)) throw new ArchiveError(`${JSON.stringify(path)} may hold secrets`);
    return isSource
      ? { key: sourceKey(prefix, path), path, files: this.source }
      : { key: distKey(prefix, path), path, files: this.dist };
  }

  /** Picks up what the manifest says about the whole app. */
  look(entryPath: string, content: Buffer): void {
    if (entryPath === "source/index.html") this.title = readTitle(content.toString("utf8"));
    if (!SCRIPT.test(entryPath) || !entryPath.startsWith("dist/")) return;
    this.#changesAddress ||= findClientRoutes([], [content.toString("utf8")]);
  }

  get hasClientRoutes(): boolean {
    const pages = this.dist.map(({ path }) => path).filter((path) => PAGE.test(path));
    return this.#changesAddress && findClientRoutes(pages, ["history.pushState"]);
  }

  sorted(): { source: ArtifactFile[]; dist: ArtifactFile[] } {
    const byPath = (a: ArtifactFile, b: ArtifactFile) => (a.path < b.path ? -1 : 1);
    return { source: this.source.toSorted(byPath), dist: this.dist.toSorted(byPath) };
  }
}

/** Stores `source/` and `dist/`. @throws if something isn't allowed or can't be stored */
const storeFiles = async ({ sandbox, store, start, report }: VersionOptions): Promise<VersionFiles> => {
  const files = new VersionFiles();
  const uploads = new Uploads(store);
  try {
    const exportedFiles = await exported(
      sandbox,
      { operation: "export", what: "version" },
      VERSION_LIMITS,
      (entry) => {
        const { key, path, files: listed } = files.place(entry.path, start.artifact.prefix);
        if (!files.names.add(entry.path)) {
          files.rejected.push({ path, reason: "on a Mac it would take the place of another file" });
          entry.resume();
          return Promise.resolve();
        }
        return uploads.add(entry, {
          key,
          path,
          onStored: (file, content) => {
            listed.push(file);
            files.look(entry.path, content);
          },
        });
      },
    );
    const rejected = [...files.rejected, ...exportedFiles.rejected];
    const { rejectedCount } = exportedFiles;
    const count = files.rejected.length + Math.max(rejectedCount, exportedFiles.rejected.length);
    reportRejected(rejected, count, report);
    return files;
  } finally {
    await uploads.done();
  }
};

/**
 * Stores what the next request continues from. The app hasn't changed, so its files aren't stored again.
 * @throws if something can't be stored; there is no manifest then
 */
export const saveAnswer = async ({
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
 * @throws if something can't be stored; there is no manifest then
 */
export const saveVersion = async (options: VersionOptions): Promise<Manifest> => {
  const startedMs = performance.now();
  const { start, store, checkpoints, report } = options;
  const { prefix } = start.artifact;
  const screenshot = screenshotKey(prefix);
  const storingFiles = storeFiles(options);
  const storingState = checkpoints.save();
  const storingPicture = options.screenshot && store.create(screenshot, options.screenshot, "image/png");
  // Even after an error, everything has to end before the store is closed.
  await Promise.allSettled([storingFiles, storingState, storingPicture]);
  const [files, checkpoint] = await Promise.all([storingFiles, storingState, storingPicture]);
  const { source, dist } = files.sorted();
  const manifest = Manifest.parse({
    version: 1,
    appId: start.appId,
    generationId: start.generationId,
    attempt: start.attempt,
    title: files.title,
    source,
    dist,
    checkpoint,
    ...(options.screenshot ? { screenshot } : {}),
    checks: options.checks,
    ...(files.hasClientRoutes ? { routes: "client" } : {}),
    ...(options.partial ? { partial: true } : {}),
  });
  await store.create(manifestKey(prefix), Buffer.from(JSON.stringify(manifest)), "application/json");
  report({
    type: "artifact_uploaded",
    fileCount: source.length + dist.length,
    sizeBytes: [...source, ...dist].reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    durationMs: performance.now() - startedMs,
  });
  return manifest;
};
