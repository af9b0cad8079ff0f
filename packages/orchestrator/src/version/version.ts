/** The files of a finished version: what its manifest lists, read from the bucket. */
import { isUtf8 } from "node:buffer";
import { and, eq, isNull } from "drizzle-orm";
import { screenshotKey, sourceKey, type ArtifactFile, type Manifest } from "@leo/core/artifact.ts";
import { LIMITS } from "@leo/core/limits.ts";
import type { Context, UserContext } from "../app-context.ts";
import { tx } from "../db/tx.ts";
import type { Orm } from "../db/database.ts";
import { apps, generations } from "../db/schema.ts";
import type { Storage, StoredObject } from "../storage/storage.ts";
import { ApiFault, notFound } from "../fault.ts";

export interface Version {
  generationId: string;
  appId: string;
  appName: string;
  baseGenerationId: string | null;
  prefix: string;
  manifest: Manifest;
}

/**
 * @param rejection says why a generation that did not complete is of no use
 * @returns the app that the completed generation belongs to
 * @throws ApiFault `not_found` when this owner has no such generation; `conflict` when it did not complete
 */
export const findCompleted = async (
  orm: Orm,
  ownerId: string,
  generationId: string,
  rejection: string,
): Promise<{ appId: string }> => {
  const [row] = await orm
    .select({ appId: generations.appId, state: generations.state })
    .from(generations)
    .innerJoin(apps, and(eq(apps.id, generations.appId), isNull(apps.deletedAt)))
    .where(and(eq(generations.id, generationId), eq(generations.ownerId, ownerId)));
  if (!row) throw notFound("generation");
  if (row.state !== "completed") throw new ApiFault("conflict", rejection);
  return { appId: row.appId };
};

/** @throws ApiFault `not_found` when there is no such generation of this owner, or it has no files */
export const findVersion = async (orm: Orm, ownerId: string, generationId: string): Promise<Version> => {
  const [row] = await orm
    .select({
      appId: generations.appId,
      appName: apps.name,
      baseGenerationId: generations.baseGenerationId,
      prefix: generations.artifactPrefix,
      manifest: generations.manifest,
      purgedAt: generations.purgedAt,
    })
    .from(generations)
    .innerJoin(apps, and(eq(apps.id, generations.appId), isNull(apps.deletedAt)))
    .where(and(eq(generations.id, generationId), eq(generations.ownerId, ownerId)));
  if (!row) throw notFound("generation");
  const { prefix, manifest, purgedAt, ...rest } = row;
  if (purgedAt)
    throw new ApiFault("not_found", "The files of this version were kept for a time and are gone.");
  if (manifest?.answered)
    throw new ApiFault("not_found", "This run answered in words. The app's files are what they were.");
  if (prefix === null || manifest === null) {
    throw new ApiFault("not_found", "This generation has no files yet.");
  }
  return { ...rest, generationId, prefix, manifest };
};

/** The same in a transaction of its own. */
export const readVersion = (context: UserContext, generationId: string): Promise<Version> =>
  tx(context, ({ orm }) => findVersion(orm, context.userId, generationId));

/** The file's bytes. @throws ApiFault `not_found` when it is not in the version, or has expired */
export const readSource = async (
  { storage }: Pick<Context, "storage">,
  version: Version,
  path: string,
): Promise<Uint8Array> => {
  const listed = version.manifest.source.some((file) => file.path === path);
  const bytes = listed ? await readBytes(storage, sourceKey(version.prefix, path)) : undefined;
  if (!bytes) throw notFound("file");
  return bytes;
};

/** The picture that the smoke test took. @throws ApiFault `not_found` when there is none, or it has expired */
export const readScreenshot = async (
  { storage }: Pick<Context, "storage">,
  { prefix, manifest }: Version,
): Promise<StoredObject> => {
  const object = manifest.screenshot
    ? await storage.read(screenshotKey(prefix), { maxBytes: LIMITS.fileMaxBytes })
    : undefined;
  if (!object) throw notFound("picture");
  return object;
};

/** A version's file, whole. @throws ObjectTooLargeError when it is larger than any may be */
export const readBytes = async (
  storage: Storage,
  key: string,
  maxBytes: number = LIMITS.fileMaxBytes,
): Promise<Uint8Array | undefined> => {
  const object = await storage.read(key, { maxBytes });
  return object && (await new Response(object.body).bytes());
};

/** Enough of a file to know what it is. */
const HEAD_BYTES = 8_000;

/** Whether a file of any size is text, by its first bytes. */
export const startsAsText = async (storage: Storage, key: string): Promise<boolean> => {
  const object = await storage.read(key, { maxBytes: HEAD_BYTES, range: `bytes=0-${HEAD_BYTES - 1}` });
  if (!object) return true;
  const head = await new Response(object.body).bytes();
  // The last character may be cut, by at most three bytes.
  return [0, 1, 2, 3].some((cut) => isText(head.subarray(0, head.length - cut)));
};

/** Text is what decodes as UTF-8 and has no NUL. */
export const isText = (bytes: Uint8Array) => isUtf8(bytes) && !bytes.includes(0);

export const byPath = (files: ArtifactFile[]) => new Map(files.map((file) => [file.path, file]));
