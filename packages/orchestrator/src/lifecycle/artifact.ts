import { attemptPrefix, Manifest, manifestKey, screenshotKey } from "@leo/core/artifact.ts";
import type { Context } from "../context.ts";

export interface FoundArtifact {
  prefix: string;
  manifest: Manifest;
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

/**
 * Reads and checks an attempt's manifest.
 * @returns undefined when there is none, or it is not one (logged); throws when the bucket is away
 */
export const findArtifact = async (
  context: Context,
  appId: string,
  generationId: string,
  attempt: number,
): Promise<FoundArtifact | undefined> => {
  const prefix = attemptPrefix(appId, generationId, attempt);
  const text = await context.storage.readText(manifestKey(prefix));
  if (text === undefined) return undefined;
  const parsed = Manifest.safeParse(parseJson(text));
  if (parsed.success && isOf(parsed.data, { appId, generationId, attempt }, prefix)) {
    return { prefix, manifest: parsed.data };
  }
  context.log.error(
    { event: "manifest_invalid", generationId, attempt, issues: parsed.error?.issues },
    "a manifest was refused",
  );
  return undefined;
};

const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    // Not JSON: the schema refuses it and the caller logs that.
    return undefined;
  }
};

const numberOf = (key: string) => Number(/(\d+)\.tar\.gz$/.exec(key)?.[1] ?? 0);

/** Checkpoint keys of an attempt, oldest first. */
export const listCheckpoints = async (context: Context, prefix: string): Promise<string[]> => {
  const keys: string[] = [];
  for await (const key of context.storage.list(`${prefix}checkpoint/`)) keys.push(key);
  return keys.toSorted((a, b) => numberOf(a) - numberOf(b));
};
