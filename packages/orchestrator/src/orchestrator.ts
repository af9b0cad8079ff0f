/** What exists once in an orchestrator's process, and what it is made of. */
import { newId } from "@leo/core/id.ts";
import type { Logger } from "pino";
import { createAccounts, type Accounts } from "./account/account-cache.ts";
import { createEndedSessions, type EndedSessions } from "./account/sessions.ts";
import type { Context } from "./app-context.ts";
import { createGuard, type Guard } from "./auth/guard.ts";
import { createVerifier } from "./auth/verifier.ts";
import type { Config } from "./config.ts";
import { startDatabaseClock, type DatabaseClock } from "./db/clock.ts";
import { openDatabase } from "./db/database.ts";
import { Committer } from "./events/committer.ts";
import { Hub } from "./events/hub.ts";
import { readLoad } from "./metrics/load.ts";
import { createMetrics, type Metrics } from "./metrics/metrics.ts";
import type { Peers } from "./peers/peers.ts";
import { createSites, type Sites } from "./site/resolve.ts";
import { createAppNotices, type AppNotices } from "./sockets/app-notices.ts";
import { createBrowserSockets, type BrowserSockets } from "./sockets/browser-sockets.ts";
import { createGeneratorSockets, type GeneratorSockets } from "./sockets/generator-sockets.ts";
import { openStorage } from "./storage/s3.ts";
import { openTaskClient, type TaskClient } from "./task/client.ts";
import { createHearing, type Hearing } from "./task/liveness.ts";
import { databaseTimes, recordIntervalMs } from "./timeouts.ts";
import type { Tracing } from "./tracing/tracing.ts";

type OpenStorage = ReturnType<typeof openStorage>;

/** Everything that a part of this process may need. A verb asks for less: `Context`, or `UserContext`. */
export interface AppContext extends Context {
  /** This process among its peers; another one after each start. */
  name: string;
  random: () => number;
  storage: OpenStorage;
  state: ProcessState;
  /** Absent when time comes from elsewhere. */
  clock?: DatabaseClock;
  /** Absent where traces go nowhere. */
  tracing?: Tracing;
  accounts: Accounts;
  endedSessions: EndedSessions;
  guard: Guard;
  sites: Sites;
  hub: Hub;
  committer: Committer;
  metrics: Metrics;
  tasks: TaskClient;
  hearing: Hearing;
  appNotices: AppNotices;
  browserSockets: BrowserSockets;
  generatorSockets: GeneratorSockets;
}

/** What changes while a process runs. */
export interface ProcessState {
  isDraining: boolean;
  /** Open sockets of browsers. */
  browsers: number;
  /** Set once this process listens for them. */
  peers?: Peers;
}

/** What is not made of the settings, or is given by a test instead of what they say. */
export interface Given extends Partial<Pick<AppContext, "storage" | "tasks" | "random" | "now">> {
  log: Logger;
}

/** Opens the database, whose time it is unless another one is given. */
const openContext = async (
  config: Config,
  { log, now, storage = openStorage(config) }: Given,
): Promise<Context & Pick<AppContext, "storage" | "clock">> => {
  const connectionLost = (cause: Error) =>
    log.warn({ err: cause, event: "database_connection_lost" }, "a database connection was lost");
  const times = databaseTimes(config.LEO_STATEMENT_MS);
  // One connection is the listener's.
  const poolSize = config.LEO_DATABASE_CONNECTIONS - 1;
  const database = openDatabase(config.DATABASE_URL, poolSize, connectionLost, times);
  if (now) return { config, database, storage, log, now };
  const clock = await startDatabaseClock(database.pool, log);
  return { config, database, storage, log, now: () => clock.now(), clock };
};

/** Who may come in. */
const createGates = async (context: Context) => {
  const accounts = createAccounts(context);
  const endedSessions = createEndedSessions(context);
  await endedSessions.read();
  const { config, now } = context;
  const verify = createVerifier(config, now, { isEnded: (id) => endedSessions.has(id) });
  return { accounts, endedSessions, guard: createGuard(config, now, { verify, accounts }) };
};

const startTracing = async (context: Context): Promise<Tracing | undefined> =>
  context.config.OTEL_EXPORTER_OTLP_ENDPOINT
    ? (await import("./tracing/tracing.ts")).startTracing(context)
    : undefined;

/** Makes all of it. Nothing is served and nothing runs in the background yet. */
export const openOrchestrator = async (config: Config, given: Given): Promise<AppContext> => {
  const { random = Math.random, tasks = openTaskClient(config) } = given;
  const context = await openContext(config, given);
  const { database, log, now } = context;
  const name = newId();
  const state: ProcessState = { isDraining: false, browsers: 0 };
  const tracing = await startTracing(context);
  const gates = await createGates(context);
  const hub = new Hub(database.pool, log);
  const metrics = createMetrics({
    browsers: () => state.browsers,
    generators: () => generatorSockets.size,
    orchestrators: () => state.peers?.count ?? 1,
    load: () => readLoad(context),
    loadFailed: (cause) =>
      log.warn({ err: cause, event: "load_unknown" }, "the database did not say how much there is to do"),
  });
  const committer = new Committer({
    pool: database.pool,
    log,
    now,
    origin: name,
    limits: { maxEvents: config.LEO_RUN_MAX_EVENTS, maxBytes: config.LEO_RUN_MAX_EVENT_BYTES },
    onCommitted: (generationId, frames) => hub.publish(generationId, frames),
    onMeasured: metrics.committed,
  });
  const hearing = createHearing(now, 3 * recordIntervalMs(config.LEO_HEARTBEAT_LOST_MS));
  const generatorSockets = createGeneratorSockets(context, committer, hearing, metrics.ready);
  return {
    ...context,
    ...gates,
    name,
    random,
    state,
    tracing,
    sites: createSites(context),
    hub,
    committer,
    metrics,
    tasks,
    hearing,
    appNotices: createAppNotices(random),
    browserSockets: createBrowserSockets(context, name),
    generatorSockets,
  };
};
