/** Leo's API, as the page of its own origin calls it. */
import { randomUUID } from "node:crypto";
import type { z } from "zod";
import { ApiError } from "@leo/core/api.ts";
import { ProofError } from "./proof-error.ts";

const CALL_MS = 30_000;

export interface Site {
  call: <S extends z.ZodType>(schema: S, method: string, path: string, body?: object) => Promise<z.infer<S>>;
}

const sentenceOf = (status: number, answer: unknown): string => {
  const parsed = ApiError.safeParse(answer);
  return parsed.success ? parsed.data.error.message : `Leo answers ${status}.`;
};

/** @param url origin of the site; without an access token only what is public can be asked for */
export const openSite = (url: string, accessToken?: string): Site => ({
  call: async (schema, method, path, body) => {
    const response = await fetch(new URL(path, url).href, {
      method,
      redirect: "error",
      headers: {
        origin: new URL(url).origin,
        ...(accessToken && { authorization: `Bearer ${accessToken}` }),
        ...(method === "POST" && { "idempotency-key": randomUUID() }),
        ...(body && { "content-type": "application/json" }),
      },
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(CALL_MS),
    });
    const answer: unknown = response.status === 204 ? undefined : await response.json();
    if (!response.ok) throw new ProofError(sentenceOf(response.status, answer));
    return schema.parse(answer);
  },
});
