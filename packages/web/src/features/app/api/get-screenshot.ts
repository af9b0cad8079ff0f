import { queryOptions } from "@tanstack/react-query";
import { overNetwork } from "../../../lib/errors.ts";
import { requestRaw } from "../../../lib/http.ts";

/** A version's picture as a data URL: an image element cannot send the token. A version never changes. */
const read = async (url: string): Promise<string> => {
  const response = await requestRaw(url);
  const blob = await overNetwork(response.blob());
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener("loadend", () => {
      if (typeof reader.result === "string") resolve(reader.result);
      else reject(reader.error ?? new Error("Couldn't read the picture."));
    });
    reader.readAsDataURL(blob);
  });
};

export const screenshotQuery = (url: string | undefined) =>
  queryOptions({
    queryKey: ["screenshot", url],
    queryFn: () => read(url ?? ""),
    enabled: url !== undefined,
    staleTime: Infinity,
  });
