import { queryOptions, type QueryClient } from "@tanstack/react-query";
import type { ChangeSite, PublishSite, Site } from "@leo/core/site.ts";
import type { z } from "zod";
import { request } from "../../../lib/http.ts";

const path = (appId: string) => `/api/apps/${appId}/site`;

/** The app's public address and what its visitors get. */
export const siteQuery = (appId: string) =>
  queryOptions({ queryKey: ["site", appId], queryFn: () => request<Site>(path(appId)) });

/** Every change answers with the site as it is now. */
export const keepSite = (client: QueryClient, appId: string, site: Site) =>
  client.setQueryData(siteQuery(appId).queryKey, site);

export const publishSite = (appId: string, body: z.input<typeof PublishSite>) =>
  request<Site>(`${path(appId)}/publish`, { method: "POST", body });
export const changeSite = (appId: string, body: z.input<typeof ChangeSite>) =>
  request<Site>(path(appId), { method: "PATCH", body });
export const unpublishSite = (appId: string) => request<Site>(`${path(appId)}/unpublish`, { method: "POST" });
