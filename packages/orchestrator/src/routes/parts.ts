import type { QueueView } from "../generation/queue-view.ts";
import type { Sites } from "../site/resolve.ts";
import type { authenticated } from "../http/authenticated.ts";
import type { Health } from "../http/health.ts";
import type { Guard } from "../auth/guard.ts";

/**
 * What the API needs of the rest of the orchestrator. `queue`, `cancel` and those for messages are Leo's
 * own work with rows that a user's request cannot see or change; their callers have read the generation
 * as its user first.
 */
export interface ApiParts {
  /** Tells a user the places of their own generations among everybody's. */
  queue: QueueView;
  /** Asks for a generation's end; the state follows when its task is gone. */
  cancel: (generationId: string) => Promise<void>;
  /** Stores a message for the agent, which gets it after its present turn. */
  userMessage: (generationId: string, text: string) => Promise<{ messageId: string }>;
  /** Gives a message that waits another text. False when it does not wait (any more). */
  changeMessage: (generationId: string, messageId: string, text: string) => Promise<boolean>;
  /** Takes a message that waits back. False when it does not wait (any more). */
  removeMessage: (generationId: string, messageId: string) => Promise<boolean>;
  health: () => Promise<Health>;
  /** All metrics in Prometheus' text format. */
  metrics: () => Promise<string>;
  /** Shared with the sockets, so that both count together. Made from the settings when absent. */
  guard?: Guard;
  /** Told of changes by whoever listens for them. Made here when absent: then a change is seen after a moment. */
  sites?: Sites;
  /** Folder of the built web UI; `packages/web/dist` when absent. */
  webDist?: string;
}

/** What the modules of signed-in routes get: their context comes with each request, as its user's. */
export interface RouteParts extends ApiParts {
  signedIn: ReturnType<typeof authenticated>;
}
