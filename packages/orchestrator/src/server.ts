/** Puts the orchestrator together: HTTP and browsers on one port, generators on another, background work. */
import type { IncomingMessage } from "node:http";
import { newId } from "@leo/core/id.ts";
import type { Logger } from "pino";
import { startBackground } from "./background.ts";
import { startDatabaseClock } from "./db/clock.ts";
import type { Config } from "./config.ts";
import type { Context } from "./app-context.ts";
import { migrateDatabase, openDatabase } from "./db/database.ts";
import { createAccounts } from "./account/account-cache.ts";
import { followBans } from "./account/bans.ts";
import { createEndedSessions } from "./account/sessions.ts";
import { probeAtStart } from "./limits/model-pause.ts";
import { purgeDeletedApps, purgeExpired, purgeRecords } from "./generation/purge.ts";
import {
  APPS_CHANNEL,
  CONTROL_CHANNEL,
  EVENTS_CHANNEL,
  QUEUE_CHANNEL,
  USERS_CHANNEL,
} from "./events/append.ts";
import { Committer } from "./events/committer.ts";
import { Hub } from "./events/hub.ts";
import { listen } from "./events/listener.ts";
import { createHealth } from "./http/health.ts";
import { createApi } from "./api.ts";
import { createVerifier } from "./auth/verifier.ts";
import { clientAddress } from "./auth/client-address.ts";
import { publicHosts } from "./auth/known-hosts.ts";
import { createGuard } from "./auth/guard.ts";
import { closeServer, listenOn } from "./http/listen.ts";
import { createHttpServer } from "./http/server.ts";
import { openTaskClient } from "./task/client.ts";
import { createHearing } from "./task/liveness.ts";
import { PEERS_CHANNEL } from "./peers/message.ts";
import { startPeers, type Peers } from "./peers/peers.ts";
import { repeat } from "./repeat.ts";
import { createAppNotices } from "./sockets/app-notices.ts";
import { removeSiteCopies } from "./site/remove-copies.ts";
import { createSites } from "./site/resolve.ts";
import { SITES_CHANNEL } from "./site/slug.ts";
import { createBrowserSockets } from "./sockets/browser-sockets.ts";
import { createGeneratorDoor } from "./sockets/generator-door.ts";
import { createGeneratorSockets } from "./sockets/generator-sockets.ts";
import { serveUiSocket } from "./sockets/ui-socket.ts";
import { acceptSockets } from "./sockets/upgrade.ts";
import { openStorage } from "./storage/s3.ts";
import { createCloudMetrics } from "./metrics/cloud-metrics.ts";
import { readLoad } from "./metrics/load.ts";
import { createMetrics } from "./metrics/metrics.ts";
import { databaseTimes, recordIntervalMs } from "./timeouts.ts";

export interface OrchestratorOptions {
  log: Logger;
  /** Gets the lines of metrics; stdout, where the log goes too. */
  writeOut?: (line: string) => void;
  /** Instead of the database's time. */
  now?: () => Date;
  random?: () => number;
}

export interface Orchestrator {
  port: number;
  url: string;
  /** Where generators' sockets are taken. */
  generatorUrl: string;
  /** Drains and ends: 503 on `/health`, no claims, sockets closed with 1012. Generators go on. */
  stop(): Promise<void>;
}

const FEED_POLL_MS = 1_000;
/** Who is suspended is told by NOTIFY; where that was lost, it is seen after this, and so is who is banned in Supabase. */
const CHECK_USERS_MS = 30_000;
const PURGE_MS = 30_000;
const CLOUD_METRICS_MS = 60_000;
/** The part of a drain that RunTask calls under way may take; the rest is for closing. */
const DRAIN_LAUNCHES_SHARE = 0.7;

/**
 * Migrates the database and starts serving.
 * @throws when the database cannot be reached or the port is taken
 */
export const startOrchestrator = async (
  config: Config,
  options: OrchestratorOptions,
): Promise<Orchestrator> => {
  const { log, random = Math.random } = options;
  await migrateDatabase(config.DATABASE_URL);
  const times = databaseTimes(config.LEO_STATEMENT_MS);
  const connectionLost = (cause: Error) =>
    log.warn({ err: cause, event: "database_connection_lost" }, "a database connection was lost");
  // One connection is the listener's.
  const poolSize = config.LEO_DATABASE_CONNECTIONS - 1;
  const database = openDatabase(config.DATABASE_URL, poolSize, connectionLost, times);
  const clock = options.now ? undefined : await startDatabaseClock(database.pool, log);
  const now = options.now ?? (() => clock?.now() ?? new Date());
  const storage = openStorage(config);
  const context: Context = { config, database, storage, log, now };
  const tracing = config.OTEL_EXPORTER_OTLP_ENDPOINT
    ? (await import("./tracing/tracing.ts")).startTracing(context)
    : undefined;
  const accounts = createAccounts(context);
  const endedSessions = createEndedSessions(context);
  await endedSessions.read();
  const verify = createVerifier(config, now, { isEnded: (id) => endedSessions.has(id) });
  const guard = createGuard(config, now, { verify, accounts });
  const processName = newId();
  const browserSockets = createBrowserSockets(context, processName);
  const hub = new Hub(database.pool, log);
  const appNotices = createAppNotices(random);
  let isDraining = false;
  let browsers = 0;

  // Others are heard once this one listens, below.
  let peers: Peers | undefined;
  const orchestrators = () => peers?.count ?? 1;
  const metrics = createMetrics({
    browsers: () => browsers,
    generators: () => generatorSockets.size,
    orchestrators,
    load: () => readLoad(context),
    loadFailed: (cause) =>
      log.warn({ err: cause, event: "load_unknown" }, "the database did not tell how much there is to do"),
  });
  const committer = new Committer({
    pool: database.pool,
    log,
    now,
    origin: processName,
    limits: { maxEvents: config.LEO_RUN_MAX_EVENTS, maxBytes: config.LEO_RUN_MAX_EVENT_BYTES },
    onCommitted: (generationId, frames) => hub.publish(generationId, frames),
    onMeasured: metrics.committed,
  });
  const recordMs = recordIntervalMs(config.LEO_HEARTBEAT_LOST_MS);
  const hearing = createHearing(now, 3 * recordMs);
  const generatorSockets = createGeneratorSockets(context, committer, hearing, metrics.ready);
  const tasks = openTaskClient(config);

  const sites = createSites(context);
  const api = createApi(context, {
    guard,
    sites,
    health: createHealth(
      () => database.pool.query("select 1"),
      () => isDraining,
    ),
    metrics: () => metrics.registry.metrics(),
  });
  const server = createHttpServer(api, { config, log });
  const addressOf = (request: IncomingMessage) => clientAddress(request, config.LEO_TRUSTED_PROXIES);
  const closeBrowsers = acceptSockets(server, {
    path: "/ws/ui",
    isDraining: () => isDraining,
    isKnownHost: publicHosts(config).accepts,
    isAllowedOrigin: (origin) => origin === new URL(config.LEO_PUBLIC_URL).origin,
    waitSeconds: (request) => guard.waitSeconds(addressOf(request)),
    serve: (socket, request) => {
      const address = addressOf(request);
      browsers += 1;
      socket.on("close", () => (browsers -= 1));
      return serveUiSocket(context, socket, {
        hub,
        appNotices,
        verify: (token) => guard.verify(token, address),
        admit: async (user, opened) => {
          await guard.admitSocket(user);
          await browserSockets.add(user, opened);
        },
      });
    },
  });
  const door = createGeneratorDoor(context, generatorSockets, () => isDraining);
  const port = await listenOn(server, config.PORT, config.LEO_LISTEN_HOST);
  const generatorPort = await listenOn(door.server, config.LEO_GENERATOR_PORT, config.LEO_LISTEN_HOST);

  await probeAtStart(context);
  const background = startBackground(context, { tasks, metrics, random, hearing, orchestrators });
  const poll = repeat("feed poll", FEED_POLL_MS, log, () => hub.poll());
  const sweep = repeat("generator sweep", recordMs, log, () => generatorSockets.sweep());
  const purge = repeat("purge", PURGE_MS, log, async () => {
    await purgeDeletedApps(context);
    await purgeExpired(context);
    await purgeRecords(context);
    await removeSiteCopies(context);
  });
  const cloudMetrics = createCloudMetrics({
    registry: metrics.registry,
    app: config.LEO_CLOUD_METRICS_APP ?? "",
    write: options.writeOut ?? ((line) => void process.stdout.write(line)),
    now,
  });
  const tellMetrics = config.LEO_CLOUD_METRICS_APP
    ? repeat("metrics", CLOUD_METRICS_MS, log, cloudMetrics)
    : undefined;
  // A change is told by NOTIFY; where that was lost, it is seen at the next look.
  const checkUsers = repeat("users", CHECK_USERS_MS, log, async () => {
    await endedSessions.read();
    browserSockets.closeEnded((id) => endedSessions.has(id));
    await followBans(context);
    await browserSockets.closeSuspended();
  });
  const listener = await listen({
    databaseUrl: config.DATABASE_URL,
    times,
    log,
    channels: {
      [EVENTS_CHANNEL]: (payload) => {
        const [generationId = "", lastSeq, from] = payload.split(":");
        // Its own commits reach the hub by themselves, and reading them back would do the work twice.
        if (from === processName) return;
        hub.wake(generationId, Number(lastSeq));
      },
      [APPS_CHANNEL]: (payload) => appNotices.receive(payload),
      [QUEUE_CHANNEL]: () => background.wakeQueue(),
      [PEERS_CHANNEL]: (payload) => peers?.receive(payload),
      [USERS_CHANNEL]: (userId) => {
        accounts.forget(userId);
        checkUsers.wake();
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
      poll.wake();
      sweep.wake();
      accounts.forgetAll();
      sites.forgetAll();
      checkUsers.wake();
      peers?.forget();
    },
  });
  peers = startPeers({
    name: processName,
    log,
    topics: [...guard.topics, browserSockets.topic],
    notify: (payloads) => listener.notify(PEERS_CHANNEL, payloads),
  });
  log.info({ event: "listening", port, generatorPort }, "the orchestrator listens");

  const drain = async () => {
    isDraining = true;
    log.info({ event: "draining" }, "draining: no new work, generators go on");
    await background.stop(config.LEO_DRAIN_MS * DRAIN_LAUNCHES_SHARE);
    closeBrowsers();
    door.closeSockets();
    await Promise.all([
      poll.stop(),
      sweep.stop(),
      purge.stop(),
      tellMetrics?.stop(),
      checkUsers.stop(),
      clock?.stop(),
      peers?.stop().then(() => listener.stop()),
    ]);
    await committer.close();
    await Promise.all([closeServer(server), closeServer(door.server)]);
    await tracing?.stop();
    tasks.close();
    storage.close();
    await database.close();
    log.info({ event: "stopped" }, "the orchestrator has ended");
  };
  let stopping: Promise<void> | undefined;
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    generatorUrl: `ws://127.0.0.1:${generatorPort}/ws/generator`,
    stop: () => (stopping ??= drain()),
  };
};
