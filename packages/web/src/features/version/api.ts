/** Stored versions: copying, restoring and downloading them. */
import { mutationOptions } from "@tanstack/react-query";
import { overNetwork } from "../../lib/errors.ts";
import { api, idempotency, read, type IdempotencyKey } from "../../lib/http.ts";
import { appKeys } from "../app/api.ts";

const route = api.generations[":id"];

/** Copies a version as the first of a new app. */
export const forkVersionMutation = (generationId: string) =>
  mutationOptions({
    mutationFn: (key: IdempotencyKey) =>
      read(route.fork.$post({ param: { id: generationId }, json: {}, header: idempotency(key) })),
    meta: { changes: [appKeys.lists] },
  });

/** Makes an old version the newest again: a new version with its files. */
export const restoreVersionMutation = (generationId: string) =>
  mutationOptions({
    mutationFn: (key: IdempotencyKey) =>
      read(route.restore.$post({ param: { id: generationId }, header: idempotency(key) })),
    meta: { changes: [appKeys.all] },
  });

/** The browser reads the blob after the click has returned. */
const REVOKE_AFTER_MS = 60_000;

/**
 * A link can't carry the token, so the archive is fetched and then handed to the browser as a file.
 * Without `confirm`, the digest of the findings that the person has seen, secrets hold it back.
 */
export const downloadMutation = (generationId: string, fallbackName: string) =>
  mutationOptions({
    mutationFn: async ({ confirm }: { confirm?: string }) => {
      const response = await route["archive.zip"].$get({ param: { id: generationId }, query: { confirm } });
      const [, name = fallbackName] =
        /filename="([^"]+)"/.exec(response.headers.get("content-disposition") ?? "") ?? [];
      const url = URL.createObjectURL(await overNetwork(response.blob()));
      const link = document.createElement("a");
      link.href = url;
      link.download = name;
      link.click();
      setTimeout(() => URL.revokeObjectURL(url), REVOKE_AFTER_MS);
    },
  });
