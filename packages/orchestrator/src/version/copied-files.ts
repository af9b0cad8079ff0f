/** The objects of a version that is a copy of another: the bucket copies them, they do not pass through here. */
import { distKey, manifestKey, sourceKey, type Manifest } from "@leo/core/artifact.ts";
import type { Context } from "../app-context.ts";
import { ApiFault } from "../fault.ts";
import type { Version } from "./version.ts";

type Place = Pick<Manifest, "appId" | "generationId" | "attempt">;

/** Objects that are copied at the same time. */
const COPIES_AT_ONCE = 32;

const gone = () =>
  new ApiFault(
    "not_found",
    "The files of this version are no longer there. Versions are kept for a while only.",
  );

/** The same files in another place. */
export const manifestOfCopy = ({ prefix, manifest }: Version, place: Place, to: string): Manifest => {
  const moved = (key: string) => to + key.slice(prefix.length);
  const { checkpoint, screenshot } = manifest;
  return {
    ...manifest,
    ...place,
    ...(checkpoint ? { checkpoint: { ...checkpoint, key: moved(checkpoint.key) } } : {}),
    ...(screenshot ? { screenshot: moved(screenshot) } : {}),
  };
};

/** Every object that a version's manifest names. */
const keysOf = ({ prefix, manifest }: Version): string[] => [
  ...manifest.source.map(({ path }) => sourceKey(prefix, path)),
  ...manifest.dist.map(({ path }) => distKey(prefix, path)),
  ...(manifest.checkpoint ? [manifest.checkpoint.key] : []),
  ...(manifest.screenshot ? [manifest.screenshot] : []),
];

/**
 * Copies a version's objects to another prefix, its new manifest last: it proves that all it names is there.
 * @throws ApiFault `not_found` when files of the version are gone
 */
export const copyFiles = async (
  { storage }: Pick<Context, "storage">,
  version: Version,
  to: string,
  manifest: Manifest,
): Promise<void> => {
  const queue = keysOf(version).values();
  const work = async () => {
    for (const key of queue) {
      if (!(await storage.copy(key, to + key.slice(version.prefix.length)))) throw gone();
    }
  };
  // All of them end before this does: what a failed copy left is removed after.
  const ended = await Promise.allSettled(Array.from({ length: COPIES_AT_ONCE }, work));
  for (const end of ended) if (end.status === "rejected") throw end.reason;
  await storage.write(manifestKey(to), JSON.stringify(manifest), "application/json");
};

/** Removes what a copy that came to nothing left behind. */
export const removeCopied = async ({ storage }: Pick<Context, "storage">, prefix: string): Promise<void> => {
  const keys: string[] = [];
  for await (const { key } of storage.list(prefix)) keys.push(key);
  if (keys.length > 0) await storage.delete(keys);
};
