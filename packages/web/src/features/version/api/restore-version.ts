import type { Generation } from "@leo/core/generation.ts";
import { request } from "../../../lib/http.ts";

/** Makes an old version the newest again: a new version with its files. */
export const restoreVersion = (generationId: string, idempotencyKey: string) =>
  request<Generation>(`/api/generations/${generationId}/restore`, {
    method: "POST",
    headers: { "idempotency-key": idempotencyKey },
  });
