import { createContext, use, useEffect, useSyncExternalStore } from "react";
import type { ConnectionStatus } from "./socket.ts";
import type { LiveFeed } from "./feed.ts";
import type { LiveSnapshot } from "./store.ts";

export const LiveFeedContext = createContext<LiveFeed | undefined>(undefined);

export const useFeed = (): LiveFeed => {
  const feed = use(LiveFeedContext);
  if (!feed) throw new Error("There is no LiveFeedContext above this component.");
  return feed;
};

/** Follows one generation as long as the component is mounted. */
export const useLive = (generationId: string): LiveSnapshot => {
  const feed = useFeed();
  useEffect(() => feed.watch(generationId), [feed, generationId]);
  const store = feed.store(generationId);
  return useSyncExternalStore(store.subscribe, store.snapshot);
};

export const useConnectionStatus = (): ConnectionStatus => {
  const feed = useFeed();
  return useSyncExternalStore(feed.onStatus, feed.status);
};
