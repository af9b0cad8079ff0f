import type { QueueView } from "../domain/queue-view.ts";
import type { Verifier } from "./authenticate.ts";

/** What the API needs of the rest of the orchestrator. */
export interface ApiParts {
  queue: QueueView;
  /** Asks for a generation's end; the state follows when its task is gone. */
  cancel: (generationId: string) => Promise<void>;
  /** Stores a message for the agent, which gets it after its present turn. */
  userMessage: (generationId: string, text: string) => Promise<{ messageId: string }>;
  health: () => Promise<"ok" | "draining" | "no_database">;
  /** All metrics in Prometheus' text format. */
  metrics: () => Promise<string>;
  /** Shared with the sockets, so that the keys are fetched once. Made from the settings when absent. */
  verify?: Verifier;
  /** Folder of the built web UI; `packages/web/dist` when absent. */
  webDist?: string;
}

/** What the route modules get. */
export interface RouteParts extends ApiParts {
  verify: Verifier;
}
