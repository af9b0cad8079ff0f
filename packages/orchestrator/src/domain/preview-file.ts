import { and, eq, isNull, sql } from "drizzle-orm";
import { ArtifactFile, distKey } from "@leo/core/artifact.ts";
import type { Id } from "@leo/core/id.ts";
import type { Context } from "../context.ts";
import { apps, generations } from "../db/schema.ts";

export interface PreviewFile extends ArtifactFile {
  key: string;
}

const fileAt = (path: string) =>
  sql<ArtifactFile | null>`jsonb_path_query_first(${generations.manifest}, '$.dist[*] ? (@.path == $path)', jsonb_build_object('path', ${path}::text))`;

/**
 * The built file of a completed version. Only what the manifest lists is ever served, so a path
 * cannot lead out of the version.
 * @param paths in order of preference
 * @returns the first that exists; null when the version has none of them; undefined when there is
 * no such version to look at
 */
export const findPreviewFile = async (
  { database }: Pick<Context, "database">,
  generationId: Id,
  paths: string[],
): Promise<PreviewFile | null | undefined> => {
  const [row] = await database.orm
    .select({
      prefix: generations.artifactPrefix,
      files: sql<(ArtifactFile | null)[]>`jsonb_build_array(${sql.join(paths.map(fileAt), sql`, `)})`,
    })
    .from(generations)
    .innerJoin(apps, and(eq(apps.id, generations.appId), isNull(apps.deletedAt)))
    .where(and(eq(generations.id, generationId), eq(generations.state, "completed")));
  if (!row || row.prefix === null) return undefined;
  const { prefix } = row;
  const file = row.files.find((candidate) => candidate !== null);
  return file ? { ...file, key: distKey(prefix, file.path) } : null;
};
