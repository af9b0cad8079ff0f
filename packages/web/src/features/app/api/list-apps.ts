import { infiniteQueryOptions, keepPreviousData } from "@tanstack/react-query";
import type { AppList } from "@leo/core/api.ts";
import type { z } from "zod";
import { isFinal } from "../../../lib/generation-state.ts";
import { request } from "../../../lib/http.ts";

type Page = z.infer<typeof AppList>;

const BUSY_REFRESH_MS = 3_000;
const isBusy = (page: Page) => page.apps.some(({ latest }) => latest && !isFinal(latest.state));

/**
 * My apps, the last changed first. Read again while one of them is being built.
 * @param words only apps with these in their name or in a request; empty: all
 */
export const appsQuery = (words = "") =>
  infiniteQueryOptions({
    queryKey: ["apps", "list", words],
    queryFn: ({ pageParam, signal }): Promise<Page> => {
      const search = new URLSearchParams({
        ...(words && { q: words }),
        ...(pageParam && { cursor: pageParam }),
      });
      return request(`/api/apps${search.size > 0 ? `?${search.toString()}` : ""}`, { signal });
    },
    initialPageParam: "",
    getNextPageParam: (page) => page.nextCursor,
    placeholderData: keepPreviousData,
    refetchInterval: (query) => (query.state.data?.pages.some(isBusy) ? BUSY_REFRESH_MS : false),
  });
