/** Makes edits live: the orchestrator takes over from itself, the generator is built for its next run. */
import { StartError } from "../start-error.ts";
import { bundleFault, startFault } from "./code-fault.ts";
import { buildGenerator } from "./generator-build.ts";
import type { LiveOrchestrator } from "./live-orchestrator.ts";
import { watchSources, type Edit } from "./watch.ts";

const named = ({ files: [first = "", ...others] }: Edit): string =>
  others.length > 0 ? `${first} and ${others.length} more` : first;

const seconds = ({ seenAtMs }: Edit): string => `${((performance.now() - seenAtMs) / 1_000).toFixed(1)} s`;

/** Runs `work` for the newest edit; one that comes while it runs waits, and those between are left out. */
const latest = (work: (edit: Edit) => Promise<void>): ((edit: Edit) => void) => {
  let waiting: Edit | undefined;
  let isRunning = false;
  const run = async () => {
    isRunning = true;
    for (let edit = waiting; edit; edit = waiting) {
      waiting = undefined;
      await work(edit);
    }
    isRunning = false;
  };
  return (edit) => {
    waiting = edit;
    if (!isRunning) void run();
  };
};

/** @returns ends it */
export const followEdits = async (
  orchestrator: LiveOrchestrator,
  { logDir, say }: { logDir: string; say: (sentence: string) => void },
): Promise<() => Promise<void>> => {
  const restart = async (edit: Edit) => {
    try {
      if (await orchestrator.replace()) say(`Live after ${seconds(edit)}: orchestrator (${named(edit)})`);
    } catch (error) {
      if (!(error instanceof StartError)) throw error;
      const fault = startFault(error.message) ?? `The edited orchestrator does not start; see ${logDir}`;
      say(`${fault} (the orchestrator from before goes on)`);
    }
  };
  const rebuild = latest(async (edit) => {
    try {
      await buildGenerator();
      say(`Live after ${seconds(edit)}: generator, from its next run on (${named(edit)})`);
    } catch (error) {
      say(`${bundleFault(error)} (runs start the generator from before)`);
    }
  });
  return watchSources({
    say,
    onEdit: {
      orchestrator: (edit) => void restart(edit),
      generator: rebuild,
      // Its development server sees the edit itself and brings it into the pages that are open.
      web: () => undefined,
    },
  });
};
