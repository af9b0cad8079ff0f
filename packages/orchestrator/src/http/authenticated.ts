import { createMiddleware } from "hono/factory";
import { userContext, type Context } from "../app-context.ts";
import type { Guard } from "../auth/guard.ts";
import { ApiFault } from "../fault.ts";
import type { UserEnv } from "./env.ts";

/** Read-only methods. */
const SAFE_METHODS = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * Lets only signed-in users through, within their limits. Handlers find the user in `c.var.user`, and everything
 * they may work with in `c.var.context`.
 */
export const authenticated = (context: Context, guard: Guard) =>
  createMiddleware<UserEnv>(async (c, next) => {
    const [, token] = /^Bearer +(\S+) *$/i.exec(c.req.header("authorization") ?? "") ?? [];
    if (!token) throw new ApiFault("unauthenticated", "You aren't signed in.");
    const user = await guard.verify(token, c.var.address);
    c.set("user", user);
    await guard.admitUser(user, !SAFE_METHODS.has(c.req.method));
    c.set("context", userContext(context, user.userId));
    await next();
  });
