/** My apps: what is read of them, what changes them, and what is read again after a change. */
import { infiniteQueryOptions, keepPreviousData, mutationOptions, queryOptions } from "@tanstack/react-query";
import { overNetwork } from "../../lib/errors.ts";
import { isFinal } from "../../lib/generation-state.ts";
import {
  api,
  fetchSignedIn,
  idempotency,
  read,
  type Body,
  type IdempotencyKey,
  type Sent,
} from "../../lib/http.ts";

const { apps } = api;
const route = apps[":appId"];

export type AppDetail = Body<Awaited<ReturnType<typeof route.$get>>>;
type Page = Body<Awaited<ReturnType<typeof apps.$get>>>;

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
    queryFn: ({ pageParam, signal }) =>
      read(
        apps.$get({ query: { q: words || undefined, cursor: pageParam || undefined } }, { init: { signal } }),
      ),
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
  const detail = await read(route.$get({ param: { appId } }));
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
  const response = await fetchSignedIn(url);
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
  body: Sent<typeof apps.$post>;
  /** The same for every try of one submission, so that a repeat makes no second app. */
  idempotencyKey: IdempotencyKey;
}

export const createAppMutation = mutationOptions({
  mutationFn: ({ body, idempotencyKey }: NewApp) =>
    read(apps.$post({ json: body, header: idempotency(idempotencyKey) })),
  meta: { changes: [appKeys.lists] },
});

export const renameAppMutation = (appId: string) =>
  mutationOptions({
    mutationFn: (name: string) => read(route.$patch({ param: { appId }, json: { name } })),
    meta: { changes: [appKeys.all] },
  });

/** Deletes the app with all its versions. */
export const deleteAppMutation = (appId: string) =>
  mutationOptions({
    mutationFn: () => route.$delete({ param: { appId } }),
    meta: { changes: [appKeys.lists] },
  });
