/** An app's site: its public address and what visitors get there. */
import { mutationOptions, queryOptions, type QueryClient } from "@tanstack/react-query";
import type { Site } from "@leo/core/site.ts";
import { api, read, type Sent } from "../../lib/http.ts";

const route = api.apps[":appId"].site;

export const siteKeys = { all: ["site"], one: (appId: string) => ["site", appId] } as const;

export const siteQuery = (appId: string) =>
  queryOptions({ queryKey: siteKeys.one(appId), queryFn: () => read(route.$get({ param: { appId } })) });

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
    mutationFn: (json: Sent<typeof route.publish.$post>, { client }) =>
      keep(client, appId, read(route.publish.$post({ param: { appId }, json }))),
  });

export const changeSiteMutation = (appId: string) =>
  mutationOptions({
    mutationFn: (json: Sent<typeof route.$patch>, { client }) =>
      keep(client, appId, read(route.$patch({ param: { appId }, json }))),
  });

export const unpublishSiteMutation = (appId: string) =>
  mutationOptions({
    mutationFn: (_: void, { client }) =>
      keep(client, appId, read(route.unpublish.$post({ param: { appId } }))),
  });
