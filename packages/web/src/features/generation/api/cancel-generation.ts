import type { Generation } from "@leo/core/generation.ts";
import { request } from "../../../lib/http.ts";

/** Asks for the end of a run; its state follows when the task is gone. */
export const cancelGeneration = (generationId: string) =>
  request<Generation>(`/api/generations/${generationId}/cancel`, { method: "POST" });
