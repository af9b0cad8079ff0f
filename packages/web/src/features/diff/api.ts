import { queryOptions } from "@tanstack/react-query";
import { api, read, type Body } from "../../lib/http.ts";

/** What changed between two versions, which never change themselves. */
export const diffQuery = (generationId: string, baseGenerationId: string) =>
  queryOptions({
    queryKey: ["diff", generationId, baseGenerationId],
    queryFn: () =>
      read(
        api.generations[":id"].diff.$get({ param: { id: generationId }, query: { base: baseGenerationId } }),
      ),
    staleTime: Infinity,
  });

type Difference = Body<Awaited<ReturnType<(typeof api.generations)[":id"]["diff"]["$get"]>>>;
export type FileChange = Difference["files"][number];
