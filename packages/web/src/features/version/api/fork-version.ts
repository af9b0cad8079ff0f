import type { CreatedApp } from "@leo/core/api.ts";
import type { z } from "zod";
import { request } from "../../../lib/http.ts";

/** Copies a version as the first of a new app. */
export const forkVersion = (generationId: string, idempotencyKey: string) =>
  request<z.infer<typeof CreatedApp>>(`/api/generations/${generationId}/fork`, {
    method: "POST",
    body: {},
    headers: { "idempotency-key": idempotencyKey },
  });
