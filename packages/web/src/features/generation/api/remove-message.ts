import { request } from "../../../lib/http.ts";

/** Takes a request back that waits. Refused once the agent has it. */
export const removeMessage = (generationId: string, messageId: string) =>
  request<undefined>(`/api/generations/${generationId}/messages/${messageId}`, { method: "DELETE" });
