import { createMiddleware } from "hono/factory";
import type { Actor } from "../admin/audit.ts";
import { ApiFault } from "../fault.ts";
import type { UserEnv } from "./env.ts";

/** The same as `UserEnv`, behind `administrator`. */
export interface AdminEnv {
  Bindings: UserEnv["Bindings"];
  Variables: UserEnv["Variables"] & { actor: Actor };
}

const ADMIN_ROLE = "admin";

/**
 * Lets only operators through: the role comes from the token's `app_metadata`, which users can't
 * write. For everyone else nothing exists here.
 */
export const administrator = createMiddleware<AdminEnv>(async (c, next) => {
  const { user, requestId } = c.var;
  if (user.role !== ADMIN_ROLE) throw new ApiFault("not_found", "There is nothing at this address.");
  c.set("actor", { userId: user.userId, email: user.email, requestId });
  await next();
});
