/** The files of a version, which never change. */
import { queryOptions } from "@tanstack/react-query";
import { overNetwork } from "../../lib/errors.ts";
import { api, read } from "../../lib/http.ts";

export const filesQuery = (generationId: string) =>
  queryOptions({
    queryKey: ["files", generationId],
    queryFn: () => read(api.generations[":id"].files.$get({ param: { id: generationId } })),
    staleTime: Infinity,
  });

const encodePath = (path: string) => path.split("/").map(encodeURIComponent).join("/");

const readFile = async (generationId: string, path: string): Promise<string | null> => {
  const response = await api.generations[":id"].files[":path{.+}"].$get({
    param: { id: generationId, path: encodePath(path) },
  });
  return response.headers.get("content-type")?.startsWith("text/plain") ? overNetwork(response.text()) : null;
};

/** One source file; null when it is not text. */
export const fileQuery = (generationId: string, path: string) =>
  queryOptions({
    queryKey: ["files", generationId, path],
    queryFn: () => readFile(generationId, path),
    staleTime: Infinity,
  });
