import { request } from "../../../lib/http.ts";

export const renameApp = (appId: string, name: string) =>
  request(`/api/apps/${appId}`, { method: "PATCH", body: { name } });
