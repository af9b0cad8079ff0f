import { createMiddleware } from "hono/factory";
import { requestId } from "hono/request-id";
import { routePath } from "hono/route";
import type { Logger } from "pino";
import type { Env } from "./env.ts";

/** Takes the caller's `x-request-id` when it is a plain one, makes one otherwise, and gives it back. */
export const requestIds = requestId({ limitLength: 100 });

/** One line per request: no body, no query, no header. Health checks are quiet. */
export const requestLog = (log: Logger) =>
  createMiddleware<Env>(async (c, next) => {
    const startedAt = performance.now();
    await next();
    const { requestId: id, previewId, user } = c.var;
    const line = {
      requestId: id,
      method: c.req.method,
      route: previewId === undefined ? routePath(c) : "preview",
      generationId: previewId,
      userId: user?.userId,
      status: c.res.status,
      durationMs: Math.round((performance.now() - startedAt) * 10) / 10,
    };
    const level = c.req.path === "/health" ? "debug" : "info";
    log[level]({ event: "request", ...line }, "request");
  });
