import type { HttpBindings } from "@hono/node-server";
import type { UserContext } from "../app-context.ts";
import type { User } from "../auth/verifier.ts";

/** What Hono's handlers find in their context. Bindings are absent when the app is called without a server. */
export interface Env {
  Bindings: Partial<HttpBindings>;
  Variables: {
    requestId: string;
    /** Where the request comes from; see `clientAddress`. Absent when the connection is gone. */
    address?: string;
    /** Set by `authenticated`. */
    user?: User;
    /** Set where a preview is served. */
    previewId?: string;
    /** Set where a site is served. */
    siteAppId?: string;
  };
}

/** The same behind `authenticated`. */
export interface UserEnv {
  Bindings: Env["Bindings"];
  Variables: Env["Variables"] & { user: User; context: UserContext };
}
