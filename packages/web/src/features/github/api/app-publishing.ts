import { queryOptions } from "@tanstack/react-query";
import type { AppPublishing, ChangeAppPublishing } from "@leo/core/publishing.ts";
import { request } from "../../../lib/http.ts";

const WORKING_REFRESH_MS = 2_000;
const path = (appId: string) => `/api/apps/${appId}/publishing`;

/** How an app is published. Asked again while a version is on its way. */
export const publishingQuery = (appId: string) =>
  queryOptions({
    queryKey: ["publishing", appId],
    queryFn: () => request<AppPublishing>(path(appId)),
    refetchInterval: ({ state }) =>
      state.data?.publications.some(({ finishedAt }) => !finishedAt) ? WORKING_REFRESH_MS : false,
  });

export const changePublishing = (appId: string, body: ChangeAppPublishing) =>
  request<AppPublishing>(path(appId), { method: "PATCH", body });
