/** Stored versions: copying, restoring and downloading them. */
import { mutationOptions } from "@tanstack/react-query";
import type { CreatedApp } from "@leo/core/api.ts";
import type { Generation } from "@leo/core/generation.ts";
import type { z } from "zod";
import { overNetwork } from "../../lib/errors.ts";
import { request, requestRaw } from "../../lib/http.ts";
import { appKeys } from "../app/api.ts";

/** Copies a version as the first of a new app. */
export const forkVersionMutation = (generationId: string) =>
  mutationOptions({
    mutationFn: (idempotencyKey: string) =>
      request<z.infer<typeof CreatedApp>>(`/api/generations/${generationId}/fork`, {
        method: "POST",
        body: {},
        headers: { "idempotency-key": idempotencyKey },
      }),
    meta: { changes: [appKeys.lists] },
  });

/** Makes an old version the newest again: a new version with its files. */
export const restoreVersionMutation = (generationId: string) =>
  mutationOptions({
    mutationFn: (idempotencyKey: string) =>
      request<Generation>(`/api/generations/${generationId}/restore`, {
        method: "POST",
        headers: { "idempotency-key": idempotencyKey },
      }),
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
      const search = confirm ? `?confirm=${encodeURIComponent(confirm)}` : "";
      const response = await requestRaw(`/api/generations/${generationId}/archive.zip${search}`);
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
