import { gzipSync } from "node:zlib";
import { Header } from "tar";

export interface ArchiveEntry {
  path: string;
  content?: string | Buffer;
  type?: "File" | "SymbolicLink" | "Link" | "CharacterDevice" | "Directory";
  linkpath?: string;
}

const BLOCK_BYTES = 512;

const blocks = ({ path, content = "", type = "File", linkpath }: ArchiveEntry): Buffer[] => {
  const body = Buffer.from(content);
  const header = new Header({
    path,
    type,
    size: body.length,
    mode: 0o600,
    ...(linkpath ? { linkpath } : {}),
  });
  header.encode();
  if (!header.block) throw new Error(`no header for ${path}`);
  return [header.block, body, Buffer.alloc((BLOCK_BYTES - (body.length % BLOCK_BYTES)) % BLOCK_BYTES)];
};

/** A tar.gz with just these entries, whatever they are. */
export const archiveOf = (entries: readonly ArchiveEntry[]): Buffer =>
  gzipSync(Buffer.concat([...entries.flatMap(blocks), Buffer.alloc(2 * BLOCK_BYTES)]));

/** As a generator packs it: what it is about, then the workspace. */
export const checkpointOf = (files: Record<string, string>, sessionId?: string): Buffer =>
  archiveOf([
    {
      path: "checkpoint.json",
      content: JSON.stringify({
        version: 1,
        workspace: "/run/workspace",
        ...(sessionId ? { sessionId } : {}),
      }),
    },
    ...Object.entries(files).map(([path, content]) => ({ path: `workspace/${path}`, content })),
  ]);
