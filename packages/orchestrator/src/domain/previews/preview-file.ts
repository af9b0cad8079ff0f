import { and, eq, inArray, isNull, or, sql } from "drizzle-orm";
import { ArtifactFile, distKey } from "@leo/core/artifact.ts";
import { FINAL_STATES } from "@leo/core/generation.ts";
import type { Id } from "@leo/core/id.ts";
import type { Context } from "../../context.ts";
import { apps, generations, shares } from "../../db/schema.ts";
import { hashShareToken, isLinkToken, isSameToken, ownerToken } from "./preview-link.ts";

export interface PreviewFile extends ArtifactFile {
  key: string;
}

export interface OpenedPreview {
  /** The token that opened it. */
  token: string;
  /** Those of the files asked for that the version has, by path. */
  files: Map<string, PreviewFile>;
  hasClientRoutes: boolean;
}

const fileAt = (path: string) =>
  sql<ArtifactFile | null>`jsonb_path_query_first(${generations.manifest}, '$.dist[*] ? (@.path == $path)', jsonb_build_object('path', ${path}::text))`;

/** Hashes of the live shares among these that show the version. */
const sharesAmong = ({ orm }: Context["database"], hashes: string[]) =>
  orm
    .select({ hashes: sql<string[] | null>`array_agg(${shares.tokenHash})` })
    .from(shares)
    .where(
      and(
        inArray(shares.tokenHash, hashes),
        eq(shares.appId, generations.appId),
        // A draft is its owner's: links show versions.
        eq(generations.state, "completed"),
        isNull(shares.revokedAt),
        or(isNull(shares.generationId), eq(shares.generationId, generations.id)),
      ),
    );

/**
 * Built files of a version or a draft. Only what the manifest lists is ever served, so a path
 * cannot lead out of the version.
 * @param tokens what the caller has shown, in order of preference
 * @param paths at least one
 * @returns undefined when there is no such version, or none of the tokens opens it: the two look the same
 */
export const findPreviewFiles = async (
  { database }: Pick<Context, "database">,
  generationId: Id,
  tokens: string[],
  paths: string[],
): Promise<OpenedPreview | undefined> => {
  const shown = tokens.filter(isLinkToken);
  if (shown.length === 0) return undefined;
  const [row] = await database.orm
    .select({
      prefix: generations.artifactPrefix,
      previewKey: apps.previewKey,
      shared: sql<string[] | null>`(${sharesAmong(database, shown.map(hashShareToken))})`,
      routes: sql<string | null>`${generations.manifest} ->> 'routes'`,
      files: sql<(ArtifactFile | null)[]>`jsonb_build_array(${sql.join(paths.map(fileAt), sql`, `)})`,
    })
    .from(generations)
    .innerJoin(apps, and(eq(apps.id, generations.appId), isNull(apps.deletedAt)))
    .where(and(eq(generations.id, generationId), inArray(generations.state, [...FINAL_STATES])));
  if (!row || row.prefix === null) return undefined;
  const { prefix, previewKey, shared } = row;
  const owners = ownerToken(previewKey, generationId);
  const token = shown.find(
    (candidate) => isSameToken(candidate, owners) || shared?.includes(hashShareToken(candidate)),
  );
  if (token === undefined) return undefined;
  const found = row.files.flatMap((file) =>
    file ? [[file.path, { ...file, key: distKey(prefix, file.path) }] as const] : [],
  );
  return { token, files: new Map(found), hasClientRoutes: row.routes === "client" };
};
