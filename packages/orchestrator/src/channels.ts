/** What this orchestrator hears from the others through the database, and what it does about it. */
import type { Background } from "./background.ts";
import {
  APPS_CHANNEL,
  CONTROL_CHANNEL,
  EVENTS_CHANNEL,
  QUEUE_CHANNEL,
  USERS_CHANNEL,
} from "./events/append.ts";
import { listen } from "./events/listener.ts";
import type { AppContext } from "./orchestrator.ts";
import { PEERS_CHANNEL } from "./peers/message.ts";
import { startPeers } from "./peers/peers.ts";
import { SITES_CHANNEL } from "./site/slug.ts";
import { databaseTimes } from "./timeouts.ts";
import type { Upkeep } from "./upkeep.ts";

/**
 * Listens, and joins the peers.
 * @returns stops both
 */
export const listenToChannels = async (
  app: AppContext,
  background: Background,
  upkeep: Upkeep,
): Promise<() => Promise<void>> => {
  const { config, log, name, state, hub, accounts, sites, appNotices, generatorSockets, tracing } = app;
  const listener = await listen({
    databaseUrl: config.DATABASE_URL,
    times: databaseTimes(config.LEO_STATEMENT_MS),
    log,
    channels: {
      [EVENTS_CHANNEL]: (payload) => {
        const [generationId = "", lastSeq, from] = payload.split(":");
        // Its own commits reach the hub directly; reading them back would do the work twice.
        if (from !== name) hub.wake(generationId, Number(lastSeq));
      },
      [APPS_CHANNEL]: (payload) => appNotices.receive(payload),
      [QUEUE_CHANNEL]: () => background.wakeQueue(),
      [PEERS_CHANNEL]: (payload) => state.peers?.receive(payload),
      [USERS_CHANNEL]: (userId) => {
        accounts.forget(userId);
        upkeep.wakeUsers();
      },
      [SITES_CHANNEL]: (slug) => sites.forget(slug),
      [CONTROL_CHANNEL]: (generationId) => {
        tracing?.changed(generationId);
        generatorSockets.notify(generationId);
      },
    },
    onReconnected: () => {
      background.wakeQueue();
      appNotices.resync();
      accounts.forgetAll();
      sites.forgetAll();
      upkeep.wakeAll();
      state.peers?.forget();
    },
  });
  const peers = startPeers({
    name,
    log,
    topics: [...app.guard.topics, app.browserSockets.topic],
    notify: (payloads) => listener.notify(PEERS_CHANNEL, payloads),
  });
  state.peers = peers;
  return async () => {
    await peers.stop();
    await listener.stop();
  };
};
