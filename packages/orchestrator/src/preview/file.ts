import { and, eq, inArray, isNull, or, sql } from "drizzle-orm";
import { ArtifactFile, distKey } from "@leo/core/artifact.ts";
import { FINAL_STATES } from "@leo/core/generation.ts";
import type { Id } from "@leo/core/id.ts";
import type { Context } from "../app-context.ts";
import { apps, generations, shares } from "../db/schema.ts";
import { hashShareToken, isLinkToken, isSameToken, newPass, ownerToken, parsePass } from "./link.ts";

export interface PreviewFile extends ArtifactFile {
  key: string;
}

export interface OpenedPreview {
  /** The token or the pass that opened it. */
  token: string;
  /** What opens this version, and no other, in the token's place. */
  pass: (expiresAt: Date) => string;
  /** Those of the files asked for that the version has, by path. */
  files: Map<string, PreviewFile>;
  hasClientRoutes: boolean;
}

const fileAt = (path: string) =>
  sql<ArtifactFile | null>`jsonb_path_query_first(${generations.manifest}, '$.dist[*] ? (@.path == $path)', jsonb_build_object('path', ${path}::text))`;

interface LiveShare {
  id: string;
  tokenHash: string;
}

/** The live shares among these that show the version. */
const sharesAmong = ({ orm }: Context["database"], hashes: string[], ids: string[]) =>
  orm
    .select({
      shares: sql<
        LiveShare[] | null
      >`jsonb_agg(jsonb_build_object('id', ${shares.id}, 'tokenHash', ${shares.tokenHash}))`,
    })
    .from(shares)
    .where(
      and(
        or(inArray(shares.tokenHash, hashes), inArray(shares.id, ids)),
        eq(shares.appId, generations.appId),
        // A draft is its owner's: links show versions.
        eq(generations.state, "completed"),
        isNull(shares.revokedAt),
        or(isNull(shares.generationId), eq(shares.generationId, generations.id)),
      ),
    );

interface OpenerFacts {
  generationId: Id;
  previewKey: string;
  live: LiveShare[];
  nowMs: number;
}

/** What opens a version among what was shown, and the share that it comes from unless it is the owner's. */
const openerOf = (shown: string[], { generationId, previewKey, live, nowMs }: OpenerFacts) => {
  for (const token of shown) {
    const pass = parsePass(token);
    const hash = hashShareToken(token);
    const share = live.find(({ id, tokenHash }) => (pass ? id === pass.shareId : tokenHash === hash));
    if (!pass && (share || isSameToken(token, ownerToken(previewKey, generationId)))) return { token, share };
    if (!pass || pass.expiresAtMs <= nowMs || (pass.shareId && !share)) continue;
    const key = share?.tokenHash ?? previewKey;
    if (isSameToken(token, newPass(key, generationId, pass))) return { token, share };
  }
  return undefined;
};

/** Whether a text has the form of what opens previews; the database is asked about no other. */
export const mayOpenPreview = (text: string): boolean => isLinkToken(text) || parsePass(text) !== undefined;

/**
 * Built files of a version or a draft. Only what the manifest lists is ever served, so a path
 * cannot lead out of the version.
 * @param tokens what the caller has shown, in order of preference
 * @param paths at least one
 * @returns undefined when there is no such version, or none of the tokens opens it: the two look the same
 */
export const findPreviewFiles = async (
  { database, now }: Pick<Context, "database" | "now">,
  generationId: Id,
  tokens: string[],
  paths: string[],
): Promise<OpenedPreview | undefined> => {
  const shown = tokens.filter(mayOpenPreview);
  if (shown.length === 0) return undefined;
  const shareIds = shown.flatMap((token) => parsePass(token)?.shareId ?? []);
  const [row] = await database.orm
    .select({
      prefix: generations.artifactPrefix,
      previewKey: apps.previewKey,
      live: sql<LiveShare[] | null>`(${sharesAmong(database, shown.map(hashShareToken), shareIds)})`,
      routes: sql<string | null>`${generations.manifest} ->> 'routes'`,
      files: sql<(ArtifactFile | null)[]>`jsonb_build_array(${sql.join(paths.map(fileAt), sql`, `)})`,
    })
    .from(generations)
    .innerJoin(apps, and(eq(apps.id, generations.appId), isNull(apps.deletedAt)))
    .where(and(eq(generations.id, generationId), inArray(generations.state, [...FINAL_STATES])));
  if (!row || row.prefix === null) return undefined;
  const { prefix, previewKey, live } = row;
  const opener = openerOf(shown, { generationId, previewKey, live: live ?? [], nowMs: now().getTime() });
  if (!opener) return undefined;
  const { token, share } = opener;
  const found = row.files.flatMap((file) =>
    file ? [[file.path, { ...file, key: distKey(prefix, file.path) }] as const] : [],
  );
  return {
    token,
    pass: (expiresAt) =>
      newPass(share?.tokenHash ?? previewKey, generationId, {
        expiresAtMs: expiresAt.getTime(),
        shareId: share?.id,
      }),
    files: new Map(found),
    hasClientRoutes: row.routes === "client",
  };
};
