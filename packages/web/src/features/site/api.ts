/** An app's site: its public address and what visitors get there. */
import { mutationOptions, queryOptions, type QueryClient } from "@tanstack/react-query";
import type { ChangeSite, PublishSite, Site } from "@leo/core/site.ts";
import type { z } from "zod";
import { request } from "../../lib/http.ts";

const path = (appId: string) => `/api/apps/${appId}/site`;

export const siteKeys = { all: ["site"], one: (appId: string) => ["site", appId] } as const;

export const siteQuery = (appId: string) =>
  queryOptions({ queryKey: siteKeys.one(appId), queryFn: () => request<Site>(path(appId)) });

/** Keeps the site that a change answers with. After a rejection it is read again: another page may have changed it. */
const keep = async (client: QueryClient, appId: string, answer: Promise<Site>): Promise<void> => {
  try {
    client.setQueryData(siteQuery(appId).queryKey, await answer);
  } catch (error) {
    await client.invalidateQueries(siteQuery(appId));
    throw error;
  }
};

export const publishSiteMutation = (appId: string) =>
  mutationOptions({
    mutationFn: (body: z.input<typeof PublishSite>, { client }) =>
      keep(client, appId, request(`${path(appId)}/publish`, { method: "POST", body })),
  });

export const changeSiteMutation = (appId: string) =>
  mutationOptions({
    mutationFn: (body: z.input<typeof ChangeSite>, { client }) =>
      keep(client, appId, request(path(appId), { method: "PATCH", body })),
  });

export const unpublishSiteMutation = (appId: string) =>
  mutationOptions({
    mutationFn: (_: void, { client }) =>
      keep(client, appId, request(`${path(appId)}/unpublish`, { method: "POST" })),
  });
