import { useInfiniteQuery } from "@tanstack/react-query";
import { defaultFilter } from "cmdk";
import type { App } from "@leo/core/generation.ts";
import { useSettled } from "../../lib/use-settled.ts";
import { appsQuery } from "../app/api.ts";

/** A search waits until the typing has paused. */
const SETTLE_MS = 150;

interface FoundApps {
  apps: readonly App[];
  hasMore: boolean;
  showMore: () => void;
}

/** Apps with these words in their name or in a request. Until the server has searched, those among the known ones. */
export const useFoundApps = (words: string): FoundApps => {
  const typed = words.trim();
  const wanted = useSettled(typed, SETTLE_MS);
  const { data, isPlaceholderData, hasNextPage, fetchNextPage } = useInfiniteQuery(appsQuery(wanted));
  const known = data?.pages.flatMap((page) => page.apps) ?? [];
  const searched = typed === wanted && !isPlaceholderData;
  return {
    apps: searched ? known : known.filter(({ name }) => defaultFilter(name, typed) > 0),
    hasMore: searched && hasNextPage,
    showMore: () => void fetchNextPage(),
  };
};
