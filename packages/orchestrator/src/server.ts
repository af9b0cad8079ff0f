/** Puts an orchestrator together, in the order in which its parts need each other, and takes it apart again. */
import { startBackground } from "./background.ts";
import { listenToChannels } from "./channels.ts";
import type { Config } from "./config.ts";
import { migrateDatabase } from "./db/database.ts";
import { openDoors } from "./doors.ts";
import { probeAtStart } from "./limits/model-pause.ts";
import { openOrchestrator, type Given } from "./orchestrator.ts";
import { startUpkeep } from "./upkeep.ts";

export interface OrchestratorOptions extends Given {
  /** Gets the lines of metrics; stdout, where the log goes too. */
  writeOut?: (line: string) => void;
}

export interface Orchestrator {
  port: number;
  url: string;
  /** Where generators' sockets are taken. */
  generatorUrl: string;
  /** Drains and ends: 503 on `/health`, no claims, sockets closed with 1012. Generators go on. */
  stop(): Promise<void>;
}

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
  await migrateDatabase(config.DATABASE_URL);
  const app = await openOrchestrator(config, options);
  const doors = await openDoors(app);
  await probeAtStart(app);
  const background = startBackground(app);
  const upkeep = startUpkeep(app, options.writeOut ?? ((line) => void process.stdout.write(line)));
  const stopListening = await listenToChannels(app, background, upkeep);
  const { port, generatorPort } = doors;
  app.log.info({ event: "listening", port, generatorPort }, "the orchestrator listens");

  const drain = async () => {
    app.state.isDraining = true;
    app.log.info({ event: "draining" }, "draining: no new work, generators go on");
    await background.stop(config.LEO_DRAIN_MS * DRAIN_LAUNCHES_SHARE);
    doors.closeSockets();
    await Promise.all([upkeep.stop(), app.clock?.stop(), stopListening()]);
    await app.committer.close();
    await doors.close();
    await app.tracing?.stop();
    app.tasks.close();
    app.storage.close();
    await app.database.close();
    app.log.info({ event: "stopped" }, "the orchestrator has ended");
  };
  let stopping: Promise<void> | undefined;
  return {
    port,
    url: `http://127.0.0.1:${port}`,
    generatorUrl: `ws://127.0.0.1:${generatorPort}/ws/generator`,
    stop: () => (stopping ??= drain()),
  };
};
