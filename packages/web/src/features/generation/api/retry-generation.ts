import type { Generation } from "@leo/core/generation.ts";
import { request } from "../../../lib/http.ts";

/**
 * The same request again, as a new generation that continues from what the run left.
 * @param startOver begins where the run began instead
 */
export const retryGeneration = (generationId: string, startOver: boolean, idempotencyKey: string) =>
  request<Generation>(`/api/generations/${generationId}/retry${startOver ? "?startOver=true" : ""}`, {
    method: "POST",
    headers: { "idempotency-key": idempotencyKey },
  });
