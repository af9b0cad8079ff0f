/** Links by which others see an app run. */
import { mutationOptions, queryOptions } from "@tanstack/react-query";
import { api, read } from "../../lib/http.ts";

const { shares } = api.apps[":appId"];

/** The app's working links, newest first, without their addresses. */
export const sharesQuery = (appId: string) =>
  queryOptions({
    queryKey: ["shares", appId],
    queryFn: () => read(shares.$get({ param: { appId } })),
  });

const changesOf = (appId: string) => ({ changes: [sharesQuery(appId).queryKey] });

/** Creates a link to the app's newest version. Only this answer has its address. */
export const createShareMutation = (appId: string) =>
  mutationOptions({
    mutationFn: () => read(shares.$post({ param: { appId }, json: {} })),
    meta: changesOf(appId),
  });

export const revokeShareMutation = (appId: string) =>
  mutationOptions({
    mutationFn: (shareId: string) => shares[":shareId"].$delete({ param: { appId, shareId } }),
    meta: changesOf(appId),
  });
