/** Files of versions as the stub has them, and what one changed against another. */
import type { Diff, FileList } from "@leo/core/api.ts";
import type { Findings } from "@leo/core/github.ts";
import type { z } from "zod";
import { refusal, reply, type Answer, type Call } from "./stub-answer.ts";

export interface Version {
  files: Record<string, string>;
  /** What a download is asked about first. */
  secrets?: Findings;
  checks: z.infer<typeof FileList>["checks"];
}

const NOTHING: Version = { files: {}, checks: [] };

/** One grey pixel. */
const PICTURE = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg==",
  "base64",
);

const list = ({ files, checks }: Version): z.infer<typeof FileList> => ({
  source: Object.entries(files).map(([path, text]) => ({
    path,
    sizeBytes: text.length,
    sha256: "0".repeat(64),
  })),
  dist: [],
  checks,
});

const archive = ({ secrets }: Version, url: URL): Answer => {
  if (!secrets || url.searchParams.get("confirm") === secrets.digest)
    return reply("/api/generations/:id/archive.zip", "$get", 200, "an archive");
  return refusal(409, "secrets_found", "Look at the list.", secrets);
};

const changeOf = (before: string | undefined, after: string | undefined) => {
  if (before === undefined) return "created" as const;
  return after === undefined ? ("deleted" as const) : ("modified" as const);
};

const diff = (baseGenerationId: string, before: Version, after: Version): z.infer<typeof Diff> => ({
  baseGenerationId,
  files: [...new Set([...Object.keys(before.files), ...Object.keys(after.files)])]
    .toSorted()
    .filter((path) => before.files[path] !== after.files[path])
    .map((path) => ({
      path,
      change: changeOf(before.files[path], after.files[path]),
      before: before.files[path],
      after: after.files[path],
      binary: false,
    })),
});

export class StubVersions extends Map<string, Version> {
  /** @returns undefined when the call is about something else than a version's files */
  answer({ url }: Call, id: string, action: string | undefined, path: string): Answer | undefined {
    const version = this.get(id) ?? NOTHING;
    if (action === "screenshot") return reply("/api/generations/:id/screenshot", "$get", 200, PICTURE);
    if (action === "archive.zip") return archive(version, url);
    if (action === "diff") {
      const base = url.searchParams.get("base") ?? id;
      const changes = diff(base, this.get(base) ?? NOTHING, version);
      return reply("/api/generations/:id/diff", "$get", 200, changes);
    }
    if (action !== "files") return undefined;
    if (!path) return reply("/api/generations/:id/files", "$get", 200, list(version));
    const text = version.files[decodeURIComponent(path)];
    return text === undefined ? undefined : reply("/api/generations/:id/files/:path{.+}", "$get", 200, text);
  }
}
