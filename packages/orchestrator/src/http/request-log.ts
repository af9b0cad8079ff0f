import { SpanStatusCode } from "@opentelemetry/api";
import type { Context as HonoContext, Next } from "hono";
import { createMiddleware } from "hono/factory";
import { requestId } from "hono/request-id";
import { routePath } from "hono/route";
import type { Logger } from "pino";
import { withIds } from "../telemetry/log.ts";
import { inSpan } from "../telemetry/span.ts";
import type { Env } from "./env.ts";

/** Uses the caller's `x-request-id` if it's a plain one, or else a new id, and returns it. */
export const requestIds = requestId({ limitLength: 100 });

const routeOf = (c: HonoContext<Env>): string => {
  if (c.var.previewId !== undefined) return "preview";
  return c.var.siteAppId === undefined ? routePath(c) : "site";
};

/** Each request gets its own trace, so that strangers can't choose Leo's trace ids. */
const traced = (c: HonoContext<Env>, next: Next) =>
  inSpan("http", { "http.request.method": c.req.method, "leo.request_id": c.var.requestId }, async (span) => {
    await next();
    const route = routeOf(c);
    span.updateName(`${c.req.method} ${route}`);
    span.setAttributes({ "http.route": route, "http.response.status_code": c.res.status });
    if (c.res.status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
  });

/** One line per request: no body, no query, no header. Health checks are quiet. */
export const requestLog = (log: Logger) =>
  createMiddleware<Env>(async (c, next) => {
    const startedAt = performance.now();
    await withIds({ requestId: c.var.requestId }, () =>
      c.req.path === "/health" ? next() : traced(c, next),
    );
    const { requestId: id, previewId, siteAppId, user } = c.var;
    const line = {
      requestId: id,
      method: c.req.method,
      route: routeOf(c),
      generationId: previewId,
      appId: siteAppId,
      userId: user?.userId,
      status: c.res.status,
      durationMs: Math.round((performance.now() - startedAt) * 10) / 10,
    };
    const level = c.req.path === "/health" ? "debug" : "info";
    log[level]({ event: "request", ...line }, "request");
  });
