import type { Generation } from "@leo/core/generation.ts";
import { request } from "../../../lib/http.ts";

/** The same request again, as a new generation. */
export const retryGeneration = (generationId: string, idempotencyKey: string) =>
  request<Generation>(`/api/generations/${generationId}/retry`, {
    method: "POST",
    headers: { "idempotency-key": idempotencyKey },
  });
