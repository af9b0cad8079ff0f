/** Links by which others see an app run. */
import { mutationOptions, queryOptions } from "@tanstack/react-query";
import type { CreatedShare, ShareList } from "@leo/core/api.ts";
import type { z } from "zod";
import { request } from "../../lib/http.ts";

const path = (appId: string) => `/api/apps/${appId}/shares`;

/** The app's working links, newest first, without their addresses. */
export const sharesQuery = (appId: string) =>
  queryOptions({
    queryKey: ["shares", appId],
    queryFn: () => request<z.infer<typeof ShareList>>(path(appId)),
  });

const changesOf = (appId: string) => ({ changes: [sharesQuery(appId).queryKey] });

/** Creates a link to the app's newest version. Only this answer has its address. */
export const createShareMutation = (appId: string) =>
  mutationOptions({
    mutationFn: () => request<z.infer<typeof CreatedShare>>(path(appId), { method: "POST", body: {} }),
    meta: changesOf(appId),
  });

export const revokeShareMutation = (appId: string) =>
  mutationOptions({
    mutationFn: (shareId: string) => request<void>(`${path(appId)}/${shareId}`, { method: "DELETE" }),
    meta: changesOf(appId),
  });
