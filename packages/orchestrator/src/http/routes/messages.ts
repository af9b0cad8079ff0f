import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { AddedUserMessage, AddUserMessage, UserMessage, UserMessageList } from "@leo/core/api.ts";
import { Id } from "@leo/core/id.ts";
import type { Context } from "../../context.ts";
import { findGeneration } from "../../domain/generation.ts";
import { listUserMessages, rewordUserMessage, withdrawUserMessage } from "../../domain/user-message.ts";
import { authenticated } from "../authenticate.ts";
import type { UserEnv } from "../env.ts";
import type { RouteParts } from "../parts.ts";
import { GenerationParams, json, jsonBody, refusals, SIGNED_IN } from "../route.ts";

const PATH = "/api/generations/{id}/messages";
const MessageParams = GenerationParams.extend({ messageId: Id });

/** Requests that the user adds while the agent works. */
export const messageRoutes = (context: Context, { userMessage, verify }: RouteParts) => {
  const routes = new OpenAPIHono<UserEnv>();
  const { orm } = context.database;
  const signedIn = { middleware: authenticated(verify), security: SIGNED_IN, tags: ["messages"] };

  routes.openapi(
    createRoute({
      ...signedIn,
      method: "post",
      path: PATH,
      summary: "Add a request while the agent works",
      request: { params: GenerationParams, body: jsonBody(AddUserMessage) },
      responses: {
        202: json(AddedUserMessage, "Stored; the agent gets it after its present turn."),
        ...refusals(400, 404, 409, 413, 429),
      },
    }),
    async (c) => {
      const row = await findGeneration(orm, c.var.user.userId, c.req.valid("param").id);
      return c.json(await userMessage(row.id, c.req.valid("json").text), 202);
    },
  );

  routes.openapi(
    createRoute({
      ...signedIn,
      method: "get",
      path: PATH,
      summary: "Requests that were added to a run, oldest first",
      request: { params: GenerationParams },
      responses: { 200: json(UserMessageList, "All of them, answered or not"), ...refusals(404) },
    }),
    async (c) => {
      const { id } = await findGeneration(orm, c.var.user.userId, c.req.valid("param").id);
      return c.json({ messages: await listUserMessages(orm, id) }, 200);
    },
  );

  routes.openapi(
    createRoute({
      ...signedIn,
      method: "patch",
      path: `${PATH}/{messageId}`,
      summary: "Change a request that waits",
      request: { params: MessageParams, body: jsonBody(AddUserMessage) },
      responses: {
        200: json(UserMessage, "The request; one that the agent has already is refused."),
        ...refusals(400, 404, 409, 413),
      },
    }),
    async (c) => {
      const { id, messageId } = c.req.valid("param");
      const row = await findGeneration(orm, c.var.user.userId, id);
      return c.json(await rewordUserMessage(context, row.id, messageId, c.req.valid("json").text), 200);
    },
  );

  routes.openapi(
    createRoute({
      ...signedIn,
      method: "delete",
      path: `${PATH}/{messageId}`,
      summary: "Take a request back that waits",
      request: { params: MessageParams },
      responses: {
        204: { description: "It is gone; one that the agent has already is refused." },
        ...refusals(404, 409),
      },
    }),
    async (c) => {
      const { id, messageId } = c.req.valid("param");
      const row = await findGeneration(orm, c.var.user.userId, id);
      await withdrawUserMessage(context, row.id, messageId);
      return c.body(null, 204);
    },
  );

  return routes;
};
