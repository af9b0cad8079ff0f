import { request } from "../../../lib/http.ts";

/** Deletes the app with all its versions. */
export const deleteApp = (appId: string) => request<void>(`/api/apps/${appId}`, { method: "DELETE" });
