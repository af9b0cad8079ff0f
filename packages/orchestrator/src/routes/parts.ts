import type { Guard } from "../auth/guard.ts";
import type { authenticated } from "../http/authenticated.ts";
import type { Health } from "../http/health.ts";
import type { Sites } from "../site/resolve.ts";

/** What the API needs of the process that it is part of. Everything else is a verb, which routes call. */
export interface ApiParts {
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
