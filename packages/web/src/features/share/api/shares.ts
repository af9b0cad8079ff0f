import { queryOptions } from "@tanstack/react-query";
import type { CreatedShare, ShareList } from "@leo/core/api.ts";
import type { z } from "zod";
import { request } from "../../../lib/http.ts";

/** The app's links that work, newest first, without their addresses. */
export const sharesQuery = (appId: string) =>
  queryOptions({
    queryKey: ["shares", appId],
    queryFn: () => request<z.infer<typeof ShareList>>(`/api/apps/${appId}/shares`),
  });

/** Makes a link to the app's newest version. Its address is told here and never again. */
export const createShare = (appId: string) =>
  request<z.infer<typeof CreatedShare>>(`/api/apps/${appId}/shares`, { method: "POST", body: {} });

export const revokeShare = (appId: string, shareId: string) =>
  request<void>(`/api/apps/${appId}/shares/${shareId}`, { method: "DELETE" });
