import { infiniteQueryOptions } from "@tanstack/react-query";
import type { AppList } from "@leo/core/api.ts";
import type { z } from "zod";
import { isFinal } from "../../../lib/generation-state.ts";
import { request } from "../../../lib/http.ts";

type Page = z.infer<typeof AppList>;

const BUSY_REFRESH_MS = 3_000;
const isBusy = (page: Page) => page.apps.some(({ latest }) => latest && !isFinal(latest.state));

/** My apps, the last changed first. Read again while one of them is being built. */
export const appsQuery = infiniteQueryOptions({
  queryKey: ["apps"],
  queryFn: ({ pageParam }): Promise<Page> =>
    request(`/api/apps${pageParam ? `?cursor=${encodeURIComponent(pageParam)}` : ""}`),
  initialPageParam: "",
  getNextPageParam: (page) => page.nextCursor,
  refetchInterval: (query) => (query.state.data?.pages.some(isBusy) ? BUSY_REFRESH_MS : false),
});
