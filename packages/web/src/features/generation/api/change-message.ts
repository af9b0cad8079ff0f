import type { UserMessage } from "@leo/core/api.ts";
import { request } from "../../../lib/http.ts";

/** Gives a request that waits another text. Refused once the agent has it. */
export const changeMessage = (generationId: string, messageId: string, text: string) =>
  request<UserMessage>(`/api/generations/${generationId}/messages/${messageId}`, {
    method: "PATCH",
    body: { text },
  });
