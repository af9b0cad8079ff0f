/** What an operator may change. Each change and its entry in the audit table are one transaction. */
import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import type { MiddlewareHandler } from "hono";
import { ChangeUserLimits, Platform, Reason, UserRecord } from "@leo/core/account.ts";
import { AdminGeneration, ChangeDayBudget, ChangeIntake, ChangeLaunches } from "@leo/core/admin.ts";
import { Id } from "@leo/core/id.ts";
import type { Context } from "../app-context.ts";
import { readUser, resumeUser, setUserLimits, suspendUser } from "../account/account.ts";
import { readAnyGeneration } from "../admin/generations.ts";
import { audited, type Actor, type AuditedChange } from "../admin/audit.ts";
import { readPlatform, setIntake, setLaunchesPaused, setPlatformBudget } from "../limits/platform.ts";
import { rejectLateCancel, requestCancel } from "../generation/cancel.ts";
import { administrator, type AdminEnv } from "../http/administrator.ts";
import type { RouteParts } from "./parts.ts";
import { GenerationParams, json, jsonBody, refusals, SIGNED_IN } from "./route.ts";

const UserParams = z.object({ userId: Id });

type Change = Pick<AuditedChange<unknown>, "action" | "change">;

const changeUser = (context: Context, actor: Actor, userId: string, change: Change) =>
  audited(context, actor, {
    ...change,
    targetId: userId,
    read: () => readUser(context, userId),
    record: ({ limits, own, suspended }: UserRecord) => ({ limits, own, suspended }),
  });

const changePlatform = (context: Context, actor: Actor, change: Change) =>
  audited(context, actor, {
    ...change,
    read: () => readPlatform(context),
    record: ({ intakeOpen, intakeMessage, launchesPaused, modelFault, dayBudgetUsd }: Platform) => ({
      intakeOpen,
      intakeMessage,
      launchesPaused,
      modelFault: modelFault?.code,
      dayBudgetUsd,
    }),
  });

export const adminChangeRoutes = (context: Context, { signedIn }: Pick<RouteParts, "signedIn">) => {
  const shared = {
    middleware: [signedIn, administrator] satisfies MiddlewareHandler[],
    security: SIGNED_IN,
    tags: ["admin"],
  };
  const ofUser = {
    ...shared,
    responses: { 200: json(UserRecord, "The user"), ...refusals(400, 404) },
  };
  const ofPlatform = {
    ...shared,
    responses: { 200: json(Platform, "How the platform stands"), ...refusals(400, 404) },
  };

  return new OpenAPIHono<AdminEnv>()
    .openapi(
      createRoute({
        ...ofUser,
        method: "patch",
        path: "/api/admin/users/{userId}/limits",
        summary: "Give a user limits of their own",
        request: { params: UserParams, body: jsonBody(ChangeUserLimits) },
      }),
      async (c) => {
        const { userId } = c.req.valid("param");
        const change = () => setUserLimits(context, userId, c.req.valid("json"));
        return c.json(await changeUser(context, c.var.actor, userId, { action: "user_limits", change }), 200);
      },
    )
    .openapi(
      createRoute({
        ...ofUser,
        method: "post",
        path: "/api/admin/users/{userId}/suspend",
        summary: "Take nothing more from a user",
        description: "What runs goes on. The user is told the reason.",
        request: { params: UserParams, body: jsonBody(z.object({ reason: Reason })) },
      }),
      async (c) => {
        const { userId } = c.req.valid("param");
        const change = () => suspendUser(context, userId, c.req.valid("json").reason);
        return c.json(
          await changeUser(context, c.var.actor, userId, { action: "user_suspend", change }),
          200,
        );
      },
    )
    .openapi(
      createRoute({
        ...ofUser,
        method: "post",
        path: "/api/admin/users/{userId}/resume",
        summary: "End a suspension",
        request: { params: UserParams },
      }),
      async (c) => {
        const { userId } = c.req.valid("param");
        const change = () => resumeUser(context, userId);
        return c.json(await changeUser(context, c.var.actor, userId, { action: "user_resume", change }), 200);
      },
    )
    .openapi(
      createRoute({
        ...ofPlatform,
        method: "put",
        path: "/api/admin/intake",
        summary: "Take new requests, or refuse them",
        description: "What waits or runs goes on.",
        request: { body: jsonBody(ChangeIntake) },
      }),
      async (c) => {
        const change = () => setIntake(context, c.req.valid("json"));
        return c.json(await changePlatform(context, c.var.actor, { action: "intake", change }), 200);
      },
    )
    .openapi(
      createRoute({
        ...ofPlatform,
        method: "put",
        path: "/api/admin/launches",
        summary: "Start what is queued, or let it wait",
        description:
          "Holds on every orchestrator. What has started goes on. To start again also ends a pause that a fault of the model began.",
        request: { body: jsonBody(ChangeLaunches) },
      }),
      async (c) => {
        const change = () => setLaunchesPaused(context, c.req.valid("json").paused);
        return c.json(await changePlatform(context, c.var.actor, { action: "launches", change }), 200);
      },
    )
    .openapi(
      createRoute({
        ...ofPlatform,
        method: "put",
        path: "/api/admin/day-budget",
        summary: "What all runs of a day may cost",
        request: { body: jsonBody(ChangeDayBudget) },
      }),
      async (c) => {
        const change = () => setPlatformBudget(context, c.req.valid("json").dayBudgetUsd);
        return c.json(await changePlatform(context, c.var.actor, { action: "day_budget", change }), 200);
      },
    )
    .openapi(
      createRoute({
        ...shared,
        method: "post",
        path: "/api/admin/generations/{id}/cancel",
        summary: "Ask for the end of anybody's run",
        request: { params: GenerationParams },
        responses: { 202: json(AdminGeneration, "The generation, being stopped"), ...refusals(404, 409) },
      }),
      async (c) => {
        const { id } = c.req.valid("param");
        const generation = await audited(context, c.var.actor, {
          action: "generation_cancel",
          targetId: id,
          read: () => readAnyGeneration(context, id),
          change: async () => {
            rejectLateCancel(await readAnyGeneration(context, id));
            await requestCancel(context, id);
          },
          record: ({ state, cancelRequestedAt }) => ({ state, cancelRequestedAt }),
        });
        return c.json(generation, 202);
      },
    );
};
