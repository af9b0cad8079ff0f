import { request } from "../../../lib/http.ts";

/** Hands the agent a request while it works. */
export const addMessage = (generationId: string, text: string) =>
  request<unknown>(`/api/generations/${generationId}/messages`, { method: "POST", body: { text } });
