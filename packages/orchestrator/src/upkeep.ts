/** What an orchestrator looks after again and again, beside its queue (`background.ts`). */
import { followBans } from "./account/bans.ts";
import { purgeDeletedApps, purgeExpired, purgeRecords } from "./generation/purge.ts";
import { createCloudMetrics } from "./metrics/cloud-metrics.ts";
import type { AppContext } from "./orchestrator.ts";
import { repeat } from "./repeat.ts";
import { removeSiteCopies } from "./site/remove-copies.ts";
import { recordIntervalMs } from "./timeouts.ts";

const FEED_POLL_MS = 1_000;
/** A suspension is notified; one whose notice was lost, and one in Supabase, is seen after this. */
const CHECK_USERS_MS = 30_000;
const PURGE_MS = 30_000;
const CLOUD_METRICS_MS = 60_000;

export interface Upkeep {
  /** Whose sessions have ended and who is suspended may have changed. */
  wakeUsers(): void;
  /** Notices may have been lost: looks at all that they would have been about. */
  wakeAll(): void;
  stop(): Promise<void>;
}

/** @param write gets the lines of metrics, where they are wanted */
export const startUpkeep = (app: AppContext, write: (line: string) => void): Upkeep => {
  const { config, log, now, hub, generatorSockets, browserSockets, endedSessions, metrics } = app;
  const poll = repeat("feed poll", FEED_POLL_MS, log, () => hub.poll());
  const sweep = repeat("generator sweep", recordIntervalMs(config.LEO_HEARTBEAT_LOST_MS), log, () =>
    generatorSockets.sweep(),
  );
  const users = repeat("users", CHECK_USERS_MS, log, async () => {
    await endedSessions.read();
    browserSockets.closeEnded((id) => endedSessions.has(id));
    await followBans(app);
    await browserSockets.closeSuspended();
  });
  const purge = repeat("purge", PURGE_MS, log, async () => {
    await purgeDeletedApps(app);
    await purgeExpired(app);
    await purgeRecords(app);
    await removeSiteCopies(app);
  });
  const repeated = [poll, sweep, users, purge];
  const cloudApp = config.LEO_CLOUD_METRICS_APP;
  if (cloudApp) {
    const report = createCloudMetrics({ registry: metrics.registry, app: cloudApp, write, now });
    repeated.push(repeat("metrics", CLOUD_METRICS_MS, log, report));
  }
  return {
    wakeUsers: () => users.wake(),
    wakeAll: () => [poll, sweep, users].forEach((work) => work.wake()),
    stop: async () => {
      await Promise.all(repeated.map((work) => work.stop()));
    },
  };
};
