/** My apps: what is read of them, what changes them, and what is read again after a change. */
import { infiniteQueryOptions, keepPreviousData, mutationOptions, queryOptions } from "@tanstack/react-query";
import type { AppDetail, AppList, CreateApp, CreatedApp } from "@leo/core/api.ts";
import type { z } from "zod";
import { overNetwork } from "../../lib/errors.ts";
import { isFinal } from "../../lib/generation-state.ts";
import { request, requestRaw } from "../../lib/http.ts";

export type AppDetail = z.infer<typeof AppDetail>;
type Page = z.infer<typeof AppList>;

export const appKeys = {
  all: ["apps"],
  lists: ["apps", "list"],
  one: (appId: string) => ["apps", appId],
} as const;

const LIST_REFRESH_MS = 3_000;
const QUEUED_REFRESH_MS = 2_000;
const WORKING_REFRESH_MS = 10_000;

const isBusy = (page: Page) => page.apps.some(({ latest }) => latest && !isFinal(latest.state));

/**
 * My apps, the last changed first. Read again while one of them is being built.
 * @param words only apps with these in their name or in a request; empty: all
 */
export const appsQuery = (words = "") =>
  infiniteQueryOptions({
    queryKey: [...appKeys.lists, words],
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
    refetchInterval: (query) => (query.state.data?.pages.some(isBusy) ? LIST_REFRESH_MS : false),
  });

const refreshMs = (detail: AppDetail | undefined): number | false => {
  const latest = detail?.generations.at(-1);
  if (!latest || isFinal(latest.state)) return false;
  return latest.state === "queued" || latest.cancelRequestedAt ? QUEUED_REFRESH_MS : WORKING_REFRESH_MS;
};

const readApp = async (appId: string): Promise<AppDetail> => {
  const detail = await request<AppDetail>(`/api/apps/${appId}`);
  // They come newest first. Times may be equal, so the order is the server's.
  return { ...detail, generations: detail.generations.toReversed() };
};

/** One app and its generations, oldest first. Events report most changes, but not the place in the queue. */
export const appQuery = (appId: string) =>
  queryOptions({
    queryKey: appKeys.one(appId),
    queryFn: () => readApp(appId),
    refetchInterval: (query) => refreshMs(query.state.data),
  });

/** An image element can't send the token, so the picture becomes a data URL. */
const readScreenshot = async (url: string): Promise<string> => {
  const response = await requestRaw(url);
  const blob = await overNetwork(response.blob());
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener("loadend", () => {
      if (typeof reader.result === "string") resolve(reader.result);
      else reject(reader.error ?? new Error("Couldn't read the picture."));
    });
    reader.readAsDataURL(blob);
  });
};

/** A version's picture, which never changes. */
export const screenshotQuery = (url: string | undefined) =>
  queryOptions({
    queryKey: ["screenshot", url],
    queryFn: () => readScreenshot(url ?? ""),
    enabled: url !== undefined,
    staleTime: Infinity,
  });

interface NewApp {
  body: z.infer<typeof CreateApp>;
  /** The same for every try of one submission, so that a repeat makes no second app. */
  idempotencyKey: string;
}

export const createAppMutation = mutationOptions({
  mutationFn: ({ body, idempotencyKey }: NewApp) =>
    request<z.infer<typeof CreatedApp>>("/api/apps", {
      method: "POST",
      body,
      headers: { "idempotency-key": idempotencyKey },
    }),
  meta: { changes: [appKeys.lists] },
});

export const renameAppMutation = (appId: string) =>
  mutationOptions({
    mutationFn: (name: string) => request<unknown>(`/api/apps/${appId}`, { method: "PATCH", body: { name } }),
    meta: { changes: [appKeys.all] },
  });

/** Deletes the app with all its versions. */
export const deleteAppMutation = (appId: string) =>
  mutationOptions({
    mutationFn: () => request<void>(`/api/apps/${appId}`, { method: "DELETE" }),
    meta: { changes: [appKeys.lists] },
  });
