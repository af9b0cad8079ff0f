import type { LiveFeed } from "./features/live/feed.ts";

/** A tab that returns, and a network that returns, must catch up at once. */
export const followNetwork = (feed: LiveFeed): void => {
  addEventListener("online", feed.wake);
  addEventListener("offline", feed.sleep);
  addEventListener("pageshow", feed.wake);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") feed.wake();
  });
};
