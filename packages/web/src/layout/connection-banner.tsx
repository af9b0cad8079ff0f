import { Button } from "../components/ui/button.tsx";
import { useConnectionStatus } from "../features/live/use-live.ts";
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
  crowded: "Too many Leo pages are open. Your builds keep running; close a page and this one will catch up.",
  suspended: "Your account is suspended. You can still see and download what you have.",
};

/** Says that what the page shows may be old. It stays on the page; runs go on without it. */
export const ConnectionBanner = () => {
  const status = useConnectionStatus();
  const online = useOnline();
  if (status === "outdated") {
    return (
      <div role="alert" className={BAR}>
        Leo has been updated.
        <Button size="small" onClick={() => location.reload()}>
          Reload
        </Button>
      </div>
    );
  }
  const refused = status === "crowded" || status === "suspended" ? REFUSED[status] : undefined;
  if (online && status !== "lost" && !refused) return null;
  return (
    <div role="status" className={BAR}>
      {online
        ? (refused ?? "Can't reach Leo. Reconnecting… This page may be out of date.")
        : "You're offline. Your builds keep running; this page catches up when you're back."}
    </div>
  );
};
