/**
 * The operator's page. Behind the role, these routes work as Leo itself and see everybody's rows;
 * they are the only signed-in ones that do. Whatever changes something is in `admin-changes.ts`.
 */
import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import type { MiddlewareHandler } from "hono";
import {
  AdminGeneration,
  AdminGenerationFilter,
  AdminGenerations,
  AdminOverview,
  AdminUsers,
  AuditEntries,
  Orphans,
} from "@leo/core/admin.ts";
import { EventPage } from "@leo/core/api.ts";
import { Id } from "@leo/core/id.ts";
import type { Context } from "../app-context.ts";
import { listUsers } from "../account/account.ts";
import { listAllGenerations, readAnyGeneration } from "../admin/generations.ts";
import { listAudit } from "../admin/audit.ts";
import { EVENT_PAGE_MAX, readAnyEventPage } from "../generation/event-page.ts";
import { listOrphans } from "../admin/orphans.ts";
import { readOverview } from "../admin/overview.ts";
import { administrator, type AdminEnv } from "../http/administrator.ts";
import type { RouteParts } from "./parts.ts";
import { EventQuery, GenerationParams, json, jsonText, refusals, SIGNED_IN } from "./route.ts";

const Limit = z.coerce.number().int().min(1).max(200).default(50);

const GenerationsQuery = z.object({
  filter: AdminGenerationFilter.default("live"),
  ownerId: Id.optional(),
  before: Id.optional(),
  limit: Limit,
});
const UsersQuery = z.object({
  search: z
    .string()
    .trim()
    .min(1)
    .max(200)
    .refine((words) => !words.includes("\0"), "The search contains a NUL character.")
    .optional(),
  suspended: z
    .enum(["true", "false"])
    .transform((text) => text === "true")
    .optional(),
  limit: Limit,
});
const AuditQuery = z.object({ targetId: Id.optional(), before: Id.optional(), limit: Limit });

export const adminRoutes = (context: Context, { signedIn }: Pick<RouteParts, "signedIn">) => {
  const shared = {
    method: "get" as const,
    middleware: [signedIn, administrator] satisfies MiddlewareHandler[],
    security: SIGNED_IN,
    tags: ["admin"],
  };
  const { orm } = context.database;

  return new OpenAPIHono<AdminEnv>()
    .openapi(
      createRoute({
        ...shared,
        path: "/api/admin/overview",
        summary: "How the platform stands",
        responses: { 200: json(AdminOverview, "As of now"), ...refusals(404) },
      }),
      async (c) => c.json(await readOverview(context), 200),
    )
    .openapi(
      createRoute({
        ...shared,
        path: "/api/admin/generations",
        summary: "Everybody's generations with their tasks, newest first",
        request: { query: GenerationsQuery },
        responses: { 200: json(AdminGenerations, "One page"), ...refusals(400, 404) },
      }),
      async (c) => c.json({ generations: await listAllGenerations(context, c.req.valid("query")) }, 200),
    )
    .openapi(
      createRoute({
        ...shared,
        path: "/api/admin/generations/{id}",
        summary: "One generation with all its attempts",
        request: { params: GenerationParams },
        responses: { 200: json(AdminGeneration, "The generation"), ...refusals(404) },
      }),
      async (c) => c.json(await readAnyGeneration(context, c.req.valid("param").id), 200),
    )
    .openapi(
      createRoute({
        ...shared,
        path: "/api/admin/generations/{id}/events",
        summary: "Its stored events after `since`, ascending",
        description: `At most ${EVENT_PAGE_MAX} at once.`,
        request: { params: GenerationParams, query: EventQuery },
        responses: { 200: json(EventPage, "One page"), ...refusals(400, 404) },
      }),
      async (c) => {
        const page = await readAnyEventPage(context, c.req.valid("param").id, c.req.valid("query"));
        return jsonText<z.infer<typeof EventPage>>(c, page);
      },
    )
    .openapi(
      createRoute({
        ...shared,
        path: "/api/admin/orphans",
        summary: "Tasks that nobody owned, newest first",
        request: { query: z.object({ limit: Limit }) },
        responses: { 200: json(Orphans, "The newest"), ...refusals(400, 404) },
      }),
      async (c) => c.json({ orphans: await listOrphans(orm, c.req.valid("query").limit) }, 200),
    )
    .openapi(
      createRoute({
        ...shared,
        path: "/api/admin/users",
        summary: "Users with their limits, seen last first",
        request: { query: UsersQuery },
        responses: { 200: json(AdminUsers, "The first ones"), ...refusals(400, 404) },
      }),
      async (c) => c.json({ users: await listUsers(context, c.req.valid("query")) }, 200),
    )
    .openapi(
      createRoute({
        ...shared,
        path: "/api/admin/audit",
        summary: "What operators changed, newest first",
        request: { query: AuditQuery },
        responses: { 200: json(AuditEntries, "One page"), ...refusals(400, 404) },
      }),
      async (c) => c.json({ entries: await listAudit(orm, c.req.valid("query")) }, 200),
    );
};
