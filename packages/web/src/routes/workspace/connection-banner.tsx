import { Button } from "../../components/ui/button.tsx";
import { useConnectionStatus } from "../../features/generation/use-live.ts";
import { useSyncExternalStore } from "react";

const subscribe = (listener: () => void) => {
  addEventListener("online", listener);
  addEventListener("offline", listener);
  return () => {
    removeEventListener("online", listener);
    removeEventListener("offline", listener);
  };
};
const useOnline = () => useSyncExternalStore(subscribe, () => navigator.onLine);

const BAR =
  "flex shrink-0 items-center justify-center gap-3 border-b border-line bg-accent-soft px-4 py-1.5 text-center text-xs";

const REFUSED = {
  crowded: "Too many pages of Leo are open. The work goes on; close one, and this page will catch up.",
  suspended: "Your account is suspended. What you have can be seen and downloaded; nothing new is shown.",
};

/** Says that the line is down. What is on the page stays; the agent works on without it. */
export const ConnectionBanner = () => {
  const status = useConnectionStatus();
  const online = useOnline();
  if (status === "outdated") {
    return (
      <div role="alert" className={BAR}>
        Leo was updated since this page was loaded.
        <Button size="small" onClick={() => location.reload()}>
          Load the new version
        </Button>
      </div>
    );
  }
  const refused = status === "crowded" || status === "suspended" ? REFUSED[status] : undefined;
  if (online && status !== "lost" && !refused) return null;
  return (
    <div role="status" className={BAR}>
      {online
        ? (refused ?? "Connecting to Leo again. The work goes on; this page will catch up.")
        : "You are offline. The work goes on; this page catches up when you are back."}
    </div>
  );
};
