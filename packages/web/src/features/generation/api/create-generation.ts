import type { CreateGeneration } from "@leo/core/api.ts";
import type { Generation } from "@leo/core/generation.ts";
import type { z } from "zod";
import { request } from "../../../lib/http.ts";

/** Asks for a change of an app. @param idempotencyKey the same for every try of one submission */
export const createGeneration = (
  appId: string,
  body: z.infer<typeof CreateGeneration>,
  idempotencyKey: string,
) =>
  request<Generation>(`/api/apps/${appId}/generations`, {
    method: "POST",
    body,
    headers: { "idempotency-key": idempotencyKey },
  });
