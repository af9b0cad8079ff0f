import type { CreateApp, CreatedApp } from "@leo/core/api.ts";
import type { z } from "zod";
import { request } from "../../../lib/http.ts";

/** @param idempotencyKey the same for every try of one submission, so that a repeat makes no second app */
export const createApp = (body: z.infer<typeof CreateApp>, idempotencyKey: string) =>
  request<z.infer<typeof CreatedApp>>("/api/apps", {
    method: "POST",
    body,
    headers: { "idempotency-key": idempotencyKey },
  });
