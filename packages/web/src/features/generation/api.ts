/** Runs: what starts, steers and ends them. Each of these changes its app. */
import { mutationOptions } from "@tanstack/react-query";
import type { CreateGeneration, UserMessage } from "@leo/core/api.ts";
import type { Generation } from "@leo/core/generation.ts";
import type { z } from "zod";
import { request } from "../../lib/http.ts";
import { appKeys } from "../app/api.ts";

interface NewGeneration {
  body: z.infer<typeof CreateGeneration>;
  /** The same for every try of one submission. */
  idempotencyKey: string;
}

/** Asks for a change of an app. */
export const createGenerationMutation = (appId: string) =>
  mutationOptions({
    mutationFn: ({ body, idempotencyKey }: NewGeneration) =>
      request<Generation>(`/api/apps/${appId}/generations`, {
        method: "POST",
        body,
        headers: { "idempotency-key": idempotencyKey },
      }),
    meta: { changes: [appKeys.one(appId)] },
  });

interface Run {
  id: string;
  appId: string;
}

interface Retry {
  /** Begin where the run began, instead of continuing from what it left. */
  startOver: boolean;
  idempotencyKey: string;
}

/** The same request again, as a new generation. */
export const retryGenerationMutation = ({ id, appId }: Run) =>
  mutationOptions({
    mutationFn: ({ startOver, idempotencyKey }: Retry) =>
      request<Generation>(`/api/generations/${id}/retry${startOver ? "?startOver=true" : ""}`, {
        method: "POST",
        headers: { "idempotency-key": idempotencyKey },
      }),
    meta: { changes: [appKeys.one(appId)] },
  });

/** Asks for the end of a run; its state follows when the task is gone. */
export const cancelGenerationMutation = ({ id, appId }: Run) =>
  mutationOptions({
    mutationFn: () => request<Generation>(`/api/generations/${id}/cancel`, { method: "POST" }),
    meta: { changes: [appKeys.one(appId)] },
  });

/** Hands the agent a request while it works. */
export const addMessageMutation = ({ id, appId }: Run) =>
  mutationOptions({
    mutationFn: (text: string) =>
      request<unknown>(`/api/generations/${id}/messages`, { method: "POST", body: { text } }),
    meta: { changes: [appKeys.one(appId)] },
  });

/** Gives a queued request another text. Rejected once the agent has it; events report the change. */
export const changeMessageMutation = (generationId: string) =>
  mutationOptions({
    mutationFn: ({ messageId, text }: { messageId: string; text: string }) =>
      request<UserMessage>(`/api/generations/${generationId}/messages/${messageId}`, {
        method: "PATCH",
        body: { text },
      }),
  });

/** Takes a queued request back. Rejected once the agent has it; events report the change. */
export const removeMessageMutation = (generationId: string) =>
  mutationOptions({
    mutationFn: (messageId: string) =>
      request<void>(`/api/generations/${generationId}/messages/${messageId}`, { method: "DELETE" }),
  });
