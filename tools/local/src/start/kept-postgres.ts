/** PostgreSQL that is started again, where it was, when it ends unexpectedly. */
import { setTimeout as delay } from "node:timers/promises";
import { startPostgres, type Postgres, type PostgresOptions } from "../postgres.ts";
import { StartError } from "../start-error.ts";
import { explainDisk } from "./data-dir.ts";
import { restartDelayMs } from "./supervised.ts";

export interface KeptPostgresOptions extends PostgresOptions {
  /** Told of each server that has ended. */
  onExit: (pid: number) => void;
  /** Aborts when the whole run ends: from then on nothing is started again. */
  runEnds: AbortSignal;
  /** Tells the person about unexpected ends. */
  say: (sentence: string) => void;
}

export type KeptPostgres = Pick<Postgres, "url" | "stop">;

/** Up for this long, it counts as well again. */
const WELL_MS = 10_000;

/** @throws StartError when it does not start the first time */
export const keepPostgres = async (options: KeptPostgresOptions): Promise<KeptPostgres> => {
  const stopping = new AbortController();
  options.runEnds.addEventListener("abort", () => stopping.abort());
  let server: Postgres | undefined = await startPostgres(options);
  const { port, url } = server;

  /** @returns why it does not start, or undefined when it does */
  const startAgain = async (): Promise<string | undefined> => {
    try {
      server = await startPostgres({ ...options, port });
      return undefined;
    } catch (error) {
      const known = explainDisk(error, options.dataDir);
      if (known instanceof StartError) return known.message;
      throw error;
    }
  };

  const pause = async (failures: number) =>
    delay(restartDelayMs(failures), undefined, { signal: stopping.signal }).catch(() => undefined);

  /** Tries until it runs. Each reason is told once: a full disk may stay full for long. */
  const restart = async (failures: number): Promise<void> => {
    let told = "";
    for (let tries = failures; !stopping.signal.aborted; tries += 1) {
      await pause(tries);
      if (stopping.signal.aborted) return;
      const reason = await startAgain();
      if (reason === undefined) return options.say("PostgreSQL runs again.");
      if (reason !== told) options.say(`${reason} Leo keeps trying.`);
      told = reason;
    }
  };

  const keepRunning = async (): Promise<void> => {
    let failures = 0;
    while (server && !stopping.signal.aborted) {
      const startedAt = performance.now();
      const { pid, ended }: Postgres = server;
      const how = await ended;
      server = undefined;
      options.onExit(pid);
      if (stopping.signal.aborted) return;
      failures = performance.now() - startedAt > WELL_MS ? 1 : failures + 1;
      options.say(
        `PostgreSQL ended unexpectedly (${how}); starting it again. Nothing that was stored is lost.`,
      );
      await restart(failures);
    }
  };
  const kept = keepRunning();

  return {
    url,
    stop: async () => {
      stopping.abort();
      await server?.stop();
      await kept;
    },
  };
};
