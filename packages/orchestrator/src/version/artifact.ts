import { parseJson } from "@leo/core/parse-json.ts";
import {
  attemptPrefix,
  distKey,
  Manifest,
  MANIFEST_MAX_BYTES,
  manifestKey,
  screenshotKey,
  sourceKey,
} from "@leo/core/artifact.ts";
import { failure } from "@leo/core/failure.ts";
import type { Context } from "../app-context.ts";
import { ObjectTooLargeError, type Storage } from "../storage/storage.ts";

export interface FoundArtifact {
  prefix: string;
  manifest: Manifest;
}

/** What an attempt has uploaded. */
export interface Upload {
  /** Undefined when there is no manifest, or it does not agree with what is stored. */
  artifact?: FoundArtifact;
  /** Set when there are more objects, or more bytes, than a run may upload. */
  isTooLarge?: boolean;
}

/** A manifest comes from the generator: one that names another attempt's objects is refused. */
const isOf = (
  manifest: Manifest,
  { appId, generationId, attempt }: Pick<Manifest, "appId" | "generationId" | "attempt">,
  prefix: string,
) => {
  const { checkpoint, screenshot = screenshotKey(prefix) } = manifest;
  return (
    manifest.appId === appId &&
    manifest.generationId === generationId &&
    manifest.attempt === attempt &&
    screenshot === screenshotKey(prefix) &&
    (checkpoint === undefined || isCheckpointOf(checkpoint.key, prefix))
  );
};

const isCheckpointOf = (key: string, prefix: string) =>
  key.startsWith(`${prefix}checkpoint/`) && /^\d+\.tar\.gz$/.test(key.slice(`${prefix}checkpoint/`.length));

export const TOO_LARGE = failure("output_too_large", "it wrote or uploaded more than a run may");

/** Of a manifest with a million entries, all of which may be wrong. */
const ISSUES_MAX = 5;

/** Each object that a manifest names, with its size as far as the manifest has one. */
const namedObjects = ({ source, dist, checkpoint, screenshot }: Manifest, prefix: string) => [
  ...source.map(({ path, sizeBytes }) => ({ key: sourceKey(prefix, path), sizeBytes })),
  ...dist.map(({ path, sizeBytes }) => ({ key: distKey(prefix, path), sizeBytes })),
  ...(checkpoint ? [checkpoint] : []),
  ...(screenshot ? [{ key: screenshot, sizeBytes: undefined }] : []),
];

/** The keys of all that a manifest names. */
export const namedKeys = (manifest: Manifest, prefix: string): string[] =>
  namedObjects(manifest, prefix).map(({ key }) => key);

/** @returns the sizes of what is below a prefix, by key; undefined when it is more than a run may upload */
const storedSizes = async (
  { config, storage }: Context,
  prefix: string,
): Promise<Map<string, number> | undefined> => {
  const sizes = new Map<string, number>();
  let totalBytes = 0;
  for await (const { key, sizeBytes } of storage.list(prefix)) {
    sizes.set(key, sizeBytes);
    totalBytes += sizeBytes;
    if (sizes.size > config.LEO_RUN_MAX_OBJECTS || totalBytes > config.LEO_RUN_MAX_UPLOAD_BYTES)
      return undefined;
  }
  return sizes;
};

/** @returns how the bucket differs from what a manifest says, or undefined when it does not */
const disagreementOf = (
  sizes: ReadonlyMap<string, number>,
  { manifest, prefix }: FoundArtifact,
): string | undefined => {
  for (const { key, sizeBytes } of namedObjects(manifest, prefix)) {
    const stored = sizes.get(key);
    if (stored === undefined) return `${key} is not there`;
    if (sizeBytes !== undefined && stored !== sizeBytes)
      return `${key} has ${stored} bytes, not ${sizeBytes}`;
  }
  return undefined;
};

const readManifest = async (storage: Storage, prefix: string): Promise<string | undefined> => {
  try {
    return await storage.readText(manifestKey(prefix), MANIFEST_MAX_BYTES);
  } catch (error) {
    if (error instanceof ObjectTooLargeError) return error.message;
    throw error;
  }
};

/**
 * Reads an attempt's manifest and holds it against the bucket. One that is rejected is logged.
 * @throws when the bucket is away
 */
export const findUpload = async (
  context: Context,
  appId: string,
  generationId: string,
  attempt: number,
): Promise<Upload> => {
  const prefix = attemptPrefix(appId, generationId, attempt);
  const text = await readManifest(context.storage, prefix);
  if (text === undefined) return {};
  const reject = (reason: unknown, isTooLarge = false): Upload => {
    const ids = { generationId, attempt };
    context.log.error({ event: "manifest_invalid", ...ids, reason }, "a manifest was rejected");
    return { isTooLarge };
  };
  const parsed = Manifest.safeParse(parseJson(text));
  if (!parsed.success) return reject(parsed.error.issues.slice(0, ISSUES_MAX));
  const artifact = { prefix, manifest: parsed.data };
  if (!isOf(artifact.manifest, { appId, generationId, attempt }, prefix))
    return reject("it is another attempt's");
  const sizes = await storedSizes(context, prefix);
  if (!sizes) return reject("more is stored than a run may upload", true);
  const disagreement = disagreementOf(sizes, artifact);
  return disagreement === undefined ? { artifact } : reject(disagreement);
};

const numberOf = (key: string) => Number(/(\d+)\.tar\.gz$/.exec(key)?.[1] ?? 0);

/** More than one a second: a generator that makes more has lost its order of them. */
const CHECKPOINTS_MAX = 4_000;

export interface StoredCheckpoint {
  key: string;
  sizeBytes: number;
  attempt: number;
}

/** Checkpoints of an attempt, oldest first. */
export const listCheckpoints = async (
  { storage }: Pick<Context, "storage">,
  { appId, id }: { appId: string; id: string },
  attempt: number,
): Promise<StoredCheckpoint[]> => {
  const found: StoredCheckpoint[] = [];
  const prefix = attemptPrefix(appId, id, attempt);
  for await (const object of storage.list(`${prefix}checkpoint/`)) {
    if (isCheckpointOf(object.key, prefix)) found.push({ ...object, attempt });
    if (found.length === CHECKPOINTS_MAX) break;
  }
  return found.toSorted((a, b) => numberOf(a.key) - numberOf(b.key));
};

/** The last checkpoint of an attempt, if it has one. */
export const newestCheckpoint = async (
  context: Pick<Context, "storage">,
  generation: { appId: string; id: string },
  attempt: number,
): Promise<StoredCheckpoint | undefined> => (await listCheckpoints(context, generation, attempt)).at(-1);

/** Checkpoints of a generation's attempts up to `newestAttempt`, newest first. */
export async function* checkpointsOf(
  context: Pick<Context, "storage">,
  generation: { appId: string; id: string },
  newestAttempt: number,
): AsyncGenerator<StoredCheckpoint> {
  for (let attempt = newestAttempt; attempt >= 1; attempt -= 1) {
    yield* (await listCheckpoints(context, generation, attempt)).toReversed();
  }
}
