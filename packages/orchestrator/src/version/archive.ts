import { once } from "node:events";
import { Readable } from "node:stream";
import { ZipArchive } from "archiver";
import { sourceKey } from "@leo/core/artifact.ts";
import { LIMITS } from "@leo/core/limits.ts";
import type { Context } from "../app-context.ts";
import { slug } from "../app/slug.ts";
import type { Version } from "./version.ts";

/**
 * The sources of a version as a zip that is made while it is read: one file at a time is open.
 * A reader that goes away ends the work; a file that cannot be read ends the stream with an error,
 * so that nobody takes half an archive for a whole one.
 */
export const archiveVersion = (
  { storage }: Pick<Context, "storage">,
  version: Version,
): ReadableStream<Uint8Array> => {
  const archive = new ZipArchive({ zlib: { level: 6 } });
  const gone = new AbortController();
  let open: Readable | undefined;
  archive.once("close", () => {
    gone.abort();
    open?.destroy();
  });

  const fill = async () => {
    for (const { path } of version.manifest.source) {
      const key = sourceKey(version.prefix, path);
      const object = await storage.read(key, { maxBytes: LIMITS.fileMaxBytes });
      if (!object) throw new Error(`the manifest lists ${path}, the bucket has no such object`);
      open = Readable.from(object.body, { objectMode: false });
      open.once("error", (error) => archive.destroy(error));
      const added = once(archive, "entry", { signal: gone.signal });
      archive.append(open, { name: path });
      await added;
    }
    await archive.finalize();
  };
  fill().catch((error: unknown) => {
    if (!gone.signal.aborted) archive.destroy(error instanceof Error ? error : new Error(String(error)));
  });
  return Readable.toWeb(archive) as ReadableStream<Uint8Array>;
};

/** A file name for the archive that every system takes. */
export const archiveName = ({ appName }: Version) => `${slug(appName) || "app"}.zip`;
