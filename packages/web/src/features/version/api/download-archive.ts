import { overNetwork } from "../../../lib/errors.ts";
import { requestRaw } from "../../../lib/http.ts";

/**
 * A link cannot carry the token, so the archive is fetched and then handed to the browser as a file.
 * @param confirm digest of the findings that the person has seen; without it secrets hold the archive back
 */
export const downloadArchive = async (
  generationId: string,
  fallbackName: string,
  confirm?: string,
): Promise<void> => {
  const search = confirm ? `?confirm=${encodeURIComponent(confirm)}` : "";
  const response = await requestRaw(`/api/generations/${generationId}/archive.zip${search}`);
  const [, name = fallbackName] =
    /filename="([^"]+)"/.exec(response.headers.get("content-disposition") ?? "") ?? [];
  const url = URL.createObjectURL(await overNetwork(response.blob()));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // The browser reads the blob after the click has returned.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
};
