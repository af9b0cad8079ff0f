import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { useFeed } from "./features/live/use-live.ts";

/** Reads apps again whenever they change, be it in another tab, on another device or by a run that ends. */
export const useFollowApps = () => {
  const feed = useFeed();
  const queryClient = useQueryClient();
  useEffect(
    () =>
      feed.followApps((changed) => {
        const keys = changed === "any" ? [[]] : [["list"], ...changed.map((appId) => [appId])];
        for (const key of keys) void queryClient.invalidateQueries({ queryKey: ["apps", ...key] });
        const sites = changed === "any" ? [[]] : changed.map((appId) => [appId]);
        for (const key of sites) void queryClient.invalidateQueries({ queryKey: ["site", ...key] });
        void queryClient.invalidateQueries({ queryKey: ["usage"] });
      }),
    [feed, queryClient],
  );
};
