/** The files of a version, which never change. */
import { queryOptions } from "@tanstack/react-query";
import type { FileList } from "@leo/core/api.ts";
import type { z } from "zod";
import { overNetwork } from "../../lib/errors.ts";
import { request, requestRaw } from "../../lib/http.ts";

export const filesQuery = (generationId: string) =>
  queryOptions({
    queryKey: ["files", generationId],
    queryFn: () => request<z.infer<typeof FileList>>(`/api/generations/${generationId}/files`),
    staleTime: Infinity,
  });

const encodePath = (path: string) => path.split("/").map(encodeURIComponent).join("/");

const readFile = async (generationId: string, path: string): Promise<string | null> => {
  const response = await requestRaw(`/api/generations/${generationId}/files/${encodePath(path)}`);
  return response.headers.get("content-type")?.startsWith("text/plain") ? overNetwork(response.text()) : null;
};

/** One source file; null when it is not text. */
export const fileQuery = (generationId: string, path: string) =>
  queryOptions({
    queryKey: ["files", generationId, path],
    queryFn: () => readFile(generationId, path),
    staleTime: Infinity,
  });
