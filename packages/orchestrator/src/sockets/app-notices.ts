/**
 * Notifies browsers that apps of their user changed. A notice only names apps; the page then reads them with its
 * user's rights.
 *
 * Changes within NOTICE_MS make one notice. A browser whose buffer is full gets its notice once there is
 * room, and until then costs at most NOTICE_APPS_MAX ids.
 */
import { NOTICE_APPS_MAX, type ToBrowser } from "@leo/core/protocol/ui.ts";
import type { Sink } from "../events/hub.ts";

const NOTICE_MS = 50;
/** After a lost connection all browsers read their apps again. Spreading that keeps them from coming at once. */
const RESYNC_SPREAD_MS = 2_000;

interface Follower {
  changed(appId: string): void;
  resync(): void;
  stop(): void;
}

export interface AppNotices {
  /** @returns a function that ends it */
  follow(userId: string, sink: Sink): () => void;
  /** @param payload `{ownerId}:{appId}` */
  receive(payload: string): void;
  /** Notifications were lost: any app may have changed. */
  resync(): void;
}

const createFollower = (sink: Sink, random: () => number): Follower => {
  const ending = new AbortController();
  let pending: "any" | Set<string> | undefined;
  let timer: NodeJS.Timeout | undefined;

  const notify = async () => {
    await sink.room(ending.signal);
    if (ending.signal.aborted || !sink.isOpen() || !pending) return;
    const notice: ToBrowser = {
      type: "apps_changed",
      appIds: pending === "any" ? pending : [...pending],
    };
    pending = undefined;
    timer = undefined;
    sink.send(Buffer.from(JSON.stringify(notice)));
  };
  const schedule = (delayMs: number) => {
    timer ??= setTimeout(() => void notify(), delayMs);
  };

  return {
    changed: (appId) => {
      pending ??= new Set();
      if (pending !== "any") pending.add(appId);
      if (pending !== "any" && pending.size > NOTICE_APPS_MAX) pending = "any";
      schedule(NOTICE_MS);
    },
    resync: () => {
      pending = "any";
      schedule(random() * RESYNC_SPREAD_MS);
    },
    stop: () => {
      ending.abort();
      clearTimeout(timer);
    },
  };
};

export const createAppNotices = (random: () => number = Math.random): AppNotices => {
  const byUser = new Map<string, Set<Follower>>();
  return {
    follow: (userId, sink) => {
      const followers = byUser.get(userId) ?? new Set();
      byUser.set(userId, followers);
      const follower = createFollower(sink, random);
      followers.add(follower);
      return () => {
        follower.stop();
        followers.delete(follower);
        if (followers.size === 0 && byUser.get(userId) === followers) byUser.delete(userId);
      };
    },
    receive: (payload) => {
      const [userId = "", appId = ""] = payload.split(":");
      for (const follower of byUser.get(userId) ?? []) follower.changed(appId);
    },
    resync: () => {
      for (const followers of byUser.values()) for (const follower of followers) follower.resync();
    },
  };
};
