import { sourceKey, type ArtifactFile } from "@leo/core/artifact.ts";
import type { Diff, FileDiff } from "@leo/core/api.ts";
import type { Storage } from "../storage/storage.ts";
import { byPath, isText, readBytes, startsAsText, type Version } from "./version.ts";

/** A file larger than this is named, not shown. */
const FILE_MAX_BYTES = 256 * 1024;
/** Contents of one answer; files past it are named, not shown. */
const TOTAL_MAX_BYTES = 4 * 1024 * 1024;
const PARALLEL_READS = 8;

interface Change {
  path: string;
  before?: ArtifactFile;
  after?: ArtifactFile;
}

const changesBetween = (base: Version, version: Version): Change[] => {
  const before = byPath(base.manifest.source);
  const after = byPath(version.manifest.source);
  const paths = [...new Set([...before.keys(), ...after.keys()])].toSorted();
  return paths
    .map((path) => ({ path, before: before.get(path), after: after.get(path) }))
    .filter((change) => change.before?.sha256 !== change.after?.sha256);
};

const kindOf = ({ before, after }: Change): FileDiff["change"] => {
  if (!before) return "created";
  return after ? "modified" : "deleted";
};

const sizeOf = ({ before, after }: Change) => (before?.sizeBytes ?? 0) + (after?.sizeBytes ?? 0);

const text = (bytes?: Uint8Array) => bytes && new TextDecoder().decode(bytes);

const load = async (storage: Storage, prefix: string, file?: ArtifactFile) => {
  if (!file) return undefined;
  return readBytes(storage, sourceKey(prefix, file.path));
};

/**
 * What changed in the sources between two versions, with the contents of changed text files.
 * @returns files in order of path; `tooLarge` marks those whose contents were left out
 */
export const diffVersions = async (storage: Storage, base: Version, version: Version): Promise<Diff> => {
  let totalBytes = 0;
  const plan = changesBetween(base, version).map((change) => {
    const largest = Math.max(change.before?.sizeBytes ?? 0, change.after?.sizeBytes ?? 0);
    const shown = largest <= FILE_MAX_BYTES && totalBytes + sizeOf(change) <= TOTAL_MAX_BYTES;
    if (shown) totalBytes += sizeOf(change);
    return { change, shown };
  });

  /** Of a file that is not shown: whether that is for its size, or because it is none to read anyway. */
  const nameOnly = async ({ before, after }: Change) => {
    const key = after ? sourceKey(version.prefix, after.path) : sourceKey(base.prefix, before?.path ?? "");
    return (await startsAsText(storage, key)) ? { binary: false, tooLarge: true } : { binary: true };
  };

  const describe = async ({ change, shown }: (typeof plan)[number]): Promise<FileDiff> => {
    const named = { path: change.path, change: kindOf(change) };
    if (!shown) return { ...named, ...(await nameOnly(change)) };
    const [before, after] = await Promise.all([
      load(storage, base.prefix, change.before),
      load(storage, version.prefix, change.after),
    ]);
    if ([before, after].some((bytes) => bytes && !isText(bytes))) return { ...named, binary: true };
    return { ...named, binary: false, before: text(before), after: text(after) };
  };

  const files: FileDiff[] = [];
  for (let start = 0; start < plan.length; start += PARALLEL_READS) {
    files.push(...(await Promise.all(plan.slice(start, start + PARALLEL_READS).map(describe))));
  }
  return { baseGenerationId: base.generationId, files };
};
