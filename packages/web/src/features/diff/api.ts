import { queryOptions } from "@tanstack/react-query";
import type { Diff } from "@leo/core/api.ts";
import type { z } from "zod";
import { request } from "../../lib/http.ts";

export type Difference = z.infer<typeof Diff>;
export type FileChange = Difference["files"][number];

/** What changed between two versions, which never change themselves. */
export const diffQuery = (generationId: string, baseGenerationId: string) =>
  queryOptions({
    queryKey: ["diff", generationId, baseGenerationId],
    queryFn: () => request<Difference>(`/api/generations/${generationId}/diff?base=${baseGenerationId}`),
    staleTime: Infinity,
  });
