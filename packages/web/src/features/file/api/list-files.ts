import { queryOptions } from "@tanstack/react-query";
import type { FileList } from "@leo/core/api.ts";
import type { z } from "zod";
import { request } from "../../../lib/http.ts";

/** The files of a version; they never change. */
export const filesQuery = (generationId: string) =>
  queryOptions({
    queryKey: ["generations", generationId, "files"],
    queryFn: () => request<z.infer<typeof FileList>>(`/api/generations/${generationId}/files`),
    staleTime: Infinity,
  });
