/**
 * The orchestrator that takes over from itself: an edited one starts beside the one that runs, and
 * only when it answers does it get the connections. One that does not start changes nothing.
 */
import { freePort } from "../free-port.ts";
import { StartError } from "../start-error.ts";
import { supervise, type Supervised, type SupervisedOptions } from "../start/supervised.ts";

/** Longer than an orchestrator takes to let go of its sockets and its work. */
const RETIRE_MS = 30_000;

export interface LiveOrchestrator {
  /**
   * Starts what the sources say now and lets it take over.
   * @returns false when a newer call came first
   * @throws StartError when it does not start; the one from before goes on
   */
  replace: () => Promise<boolean>;
  stop: (graceMs: number) => Promise<void>;
}

export interface OrchestratorPorts {
  port: number;
  generatorPort: number;
}

export interface LiveOrchestratorOptions {
  /** How to start one that listens on these ports. */
  command: (ports: OrchestratorPorts) => Omit<SupervisedOptions, "runEnds">;
  /** Aborts when the whole run ends. */
  runEnds: AbortSignal;
  /** Gets the ports of the current one. */
  point: (ports: OrchestratorPorts) => void;
}

/** Resolves when the first one answers. @throws StartError */
export const startLiveOrchestrator = async (options: LiveOrchestratorOptions): Promise<LiveOrchestrator> => {
  const { command, runEnds, point } = options;
  const running = new Set<Supervised>();
  let current: Supervised | undefined;
  let starting: AbortController | undefined;

  const retire = async (old: Supervised) => {
    await old.stop(RETIRE_MS);
    running.delete(old);
  };

  const replace = async (): Promise<boolean> => {
    starting?.abort();
    const mine = new AbortController();
    starting = mine;
    const ports = { port: await freePort(), generatorPort: await freePort() };
    try {
      const next = await supervise({
        ...command(ports),
        runEnds: AbortSignal.any([runEnds, mine.signal]),
      });
      starting = starting === mine ? undefined : starting;
      running.add(next);
      point(ports);
      if (current) void retire(current);
      current = next;
      return true;
    } catch (error) {
      if (error instanceof StartError && mine.signal.aborted) return false;
      throw error;
    }
  };

  await replace();
  return {
    replace,
    stop: async (graceMs) => {
      starting?.abort();
      await Promise.all([...running].map((orchestrator) => orchestrator.stop(graceMs)));
    },
  };
};
