import { queryOptions } from "@tanstack/react-query";
import { overNetwork } from "../../../lib/errors.ts";
import { requestRaw } from "../../../lib/http.ts";

const encodePath = (path: string) => path.split("/").map(encodeURIComponent).join("/");

const read = async (generationId: string, path: string): Promise<string | null> => {
  const response = await requestRaw(`/api/generations/${generationId}/files/${encodePath(path)}`);
  return response.headers.get("content-type")?.startsWith("text/plain") ? overNetwork(response.text()) : null;
};

/** One source file of a version; null when it is not text. */
export const fileQuery = (generationId: string, path: string) =>
  queryOptions({
    queryKey: ["generations", generationId, "file", path],
    queryFn: () => read(generationId, path),
    staleTime: Infinity,
  });
