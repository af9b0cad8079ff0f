import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Tooltip } from "@base-ui/react/tooltip";
import { createQueryClient } from "./query-client.ts";
import { router } from "./router.tsx";
import { StartFailure } from "./start-failure.tsx";
import "./styles.css";
import { createLiveFeed, type LiveFeed } from "./features/live/feed.ts";
import { LiveFeedContext } from "./features/live/use-live.ts";
import { ConfigContext, fetchConfig } from "./lib/config.ts";
import { accessToken, currentUserId, onSession, renewSession, startSession } from "./lib/session.ts";

/** A tab that returns, and a network that returns, must catch up at once. */
const followNetwork = (feed: LiveFeed): void => {
  addEventListener("online", feed.wake);
  addEventListener("offline", feed.sleep);
  addEventListener("pageshow", feed.wake);
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") feed.wake();
  });
};

const start = async () => {
  const config = await fetchConfig();
  await startSession(config);
  const queryClient = createQueryClient();
  const liveFeed = createLiveFeed({
    url: `${location.origin.replace(/^http/, "ws")}/ws/ui`,
    accessToken,
    renewSession,
  });
  followNetwork(liveFeed);

  // Nothing of one user may be seen by the next one in the same tab.
  let userId = currentUserId();
  onSession(() => {
    if (currentUserId() === userId) return;
    userId = currentUserId();
    liveFeed.close();
    queryClient.clear();
  });

  return (
    <ConfigContext value={config}>
      <QueryClientProvider client={queryClient}>
        <LiveFeedContext value={liveFeed}>
          <Tooltip.Provider delay={400}>
            <RouterProvider router={router} />
          </Tooltip.Provider>
        </LiveFeedContext>
      </QueryClientProvider>
    </ConfigContext>
  );
};

const element = document.getElementById("root");
if (!element) throw new Error("index.html has no #root.");
const root = createRoot(element);
try {
  root.render(<StrictMode>{await start()}</StrictMode>);
} catch (error) {
  console.error(error);
  root.render(<StartFailure error={error} />);
}
