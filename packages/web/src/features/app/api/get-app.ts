import { queryOptions } from "@tanstack/react-query";
import type { AppDetail } from "@leo/core/api.ts";
import type { z } from "zod";
import { isFinal } from "../../../lib/generation-state.ts";
import { request } from "../../../lib/http.ts";

export type AppDetail = z.infer<typeof AppDetail>;

const QUEUED_REFRESH_MS = 2_000;
const WORKING_REFRESH_MS = 10_000;

const refreshMs = (detail: AppDetail | undefined): number | false => {
  const latest = detail?.generations.at(-1);
  if (!latest || isFinal(latest.state)) return false;
  return latest.state === "queued" || latest.cancelRequestedAt ? QUEUED_REFRESH_MS : WORKING_REFRESH_MS;
};

const read = async (appId: string): Promise<AppDetail> => {
  const detail = await request<AppDetail>(`/api/apps/${appId}`);
  // They come newest first. Times may be equal, so the order is the server's.
  return { ...detail, generations: detail.generations.toReversed() };
};

/**
 * One app and its generations, oldest first. Events tell of most changes; the place in the queue is
 * only known by asking again.
 */
export const appQuery = (appId: string) =>
  queryOptions({
    queryKey: ["apps", appId],
    queryFn: () => read(appId),
    refetchInterval: (query) => refreshMs(query.state.data),
  });
