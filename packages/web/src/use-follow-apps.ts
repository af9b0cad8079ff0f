import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { usageQuery } from "./features/account/api.ts";
import { appKeys } from "./features/app/api.ts";
import { siteKeys } from "./features/site/api.ts";
import { useFeed } from "./features/live/use-live.ts";

/** Reads apps again whenever they change, be it in another tab, on another device or by a run that ends. */
export const useFollowApps = () => {
  const feed = useFeed();
  const queryClient = useQueryClient();
  useEffect(
    () =>
      feed.followApps((changed) => {
        const keys =
          changed === "any"
            ? [appKeys.all, siteKeys.all]
            : [appKeys.lists, ...changed.flatMap((appId) => [appKeys.one(appId), siteKeys.one(appId)])];
        for (const queryKey of [...keys, usageQuery.queryKey])
          void queryClient.invalidateQueries({ queryKey });
      }),
    [feed, queryClient],
  );
};
