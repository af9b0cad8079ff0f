import type { HttpBindings } from "@hono/node-server";
import type { UserContext } from "../app-context.ts";
import type { User } from "../auth/verifier.ts";

/** Variables and bindings of Hono's handlers. Bindings are absent if the app is called without a server. */
export interface Env {
  Bindings: Partial<HttpBindings>;
  Variables: {
    requestId: string;
    /** The client's address; see `clientAddress`. Absent if the connection is gone. */
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
