/**
 * Which runs this page follows, and their stores; and who hears that apps of the user changed.
 *
 * Terms: a *watch* is a reader's interest in one generation; a *subscription* is what the server was
 * told on the current connection. Each subscription starts after the last event its store has, so a
 * page that was away loses nothing and sees nothing twice.
 */
import { createListeners } from "../../lib/listeners.ts";
import type { ToBrowser } from "@leo/core/protocol/ui.ts";
import { createLiveSocket, type ConnectionStatus, type LiveSocketOptions } from "./socket.ts";
import { createLiveStore, type LiveStore } from "./store.ts";

/** The apps that changed; `any`: which ones is not known. */
export type ChangedApps = "any" | readonly string[];

export interface LiveFeed {
  /** Calls the listener for changes that anybody makes, and with `any` after each (re)connection. */
  followApps: (listener: (changed: ChangedApps) => void) => () => void;
  /** Keeps a generation's store current until the returned function is called. */
  watch: (generationId: string) => () => void;
  /** The store of a generation; the same object as long as the feed lives. */
  store: (generationId: string) => LiveStore;
  status: () => ConnectionStatus;
  onStatus: (listener: () => void) => () => void;
  wake: () => void;
  sleep: () => void;
  /** Ends the connection and forgets all that was seen, for instance at sign-out. */
  close: () => void;
}

export const createLiveFeed = (
  options: Pick<LiveSocketOptions, "url" | "accessToken" | "renewSession">,
): LiveFeed => {
  const stores = new Map<string, LiveStore>();
  const watchers = new Map<string, number>();
  const statusListeners = createListeners();
  const appListeners = new Set<(changed: ChangedApps) => void>();
  let status: ConnectionStatus = "idle";

  const subscribe = (generationId: string) =>
    socket.send({
      type: "subscribe",
      generationId,
      since: store(generationId).snapshot().live.lastSeq,
    });

  const appsChanged = (changed: ChangedApps) => {
    for (const listener of appListeners) listener(changed);
  };

  const store = (generationId: string): LiveStore => {
    const known = stores.get(generationId);
    if (known) return known;
    const made = createLiveStore(generationId, () => subscribe(generationId));
    stores.set(generationId, made);
    return made;
  };

  const receive = (message: ToBrowser) => {
    switch (message.type) {
      case "subscribed":
        return store(message.generationId).expect(message.lastSeq);
      case "events":
        return store(message.generationId).receive(message.events);
      case "error":
        if (message.code === "not_found" && message.generationId) store(message.generationId).refuse();
        return;
      case "apps_followed":
        // What changed before has no notice.
        return appsChanged("any");
      case "apps_changed":
        return appsChanged(message.appIds);
      case "welcome":
      case "pong":
      case "unsubscribed":
      case "token_expiring":
        return;
    }
  };

  const socket = createLiveSocket({
    ...options,
    onMessage: receive,
    onWelcome: () => {
      if (appListeners.size > 0) socket.send({ type: "follow_apps" });
      for (const generationId of watchers.keys()) subscribe(generationId);
    },
    onStatus: (next) => {
      status = next;
      statusListeners.notify();
    },
  });

  const unwatch = (generationId: string) => {
    const left = (watchers.get(generationId) ?? 1) - 1;
    if (left > 0) return void watchers.set(generationId, left);
    watchers.delete(generationId);
    socket.send({ type: "unsubscribe", generationId });
  };

  return {
    store,
    watch: (generationId) => {
      watchers.set(generationId, (watchers.get(generationId) ?? 0) + 1);
      if (watchers.get(generationId) === 1) subscribe(generationId);
      socket.connect();
      return () => unwatch(generationId);
    },
    followApps: (listener) => {
      appListeners.add(listener);
      if (appListeners.size === 1) socket.send({ type: "follow_apps" });
      socket.connect();
      return () => {
        appListeners.delete(listener);
      };
    },
    status: () => status,
    onStatus: statusListeners.subscribe,
    wake: socket.wake,
    sleep: socket.sleep,
    close: () => {
      socket.close();
      stores.clear();
    },
  };
};
