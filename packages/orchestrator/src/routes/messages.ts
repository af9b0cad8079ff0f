import { createRoute, OpenAPIHono } from "@hono/zod-openapi";
import { AddedUserMessage, AddUserMessage, UserMessage, UserMessageList } from "@leo/core/api.ts";
import { Id } from "@leo/core/id.ts";
import {
  addUserMessage,
  listUserMessages,
  rewordUserMessage,
  withdrawUserMessage,
} from "../generation/messages.ts";
import type { UserEnv } from "../http/env.ts";
import type { RouteParts } from "./parts.ts";
import { GenerationParams, json, jsonBody, refusals, SIGNED_IN } from "./route.ts";

const PATH = "/api/generations/{id}/messages";
const MessageParams = GenerationParams.extend({ messageId: Id });

/** Requests that the user adds while the agent works. */
export const messageRoutes = ({ signedIn }: Pick<RouteParts, "signedIn">) => {
  const shared = { middleware: signedIn, security: SIGNED_IN, tags: ["messages"] };

  return new OpenAPIHono<UserEnv>()
    .openapi(
      createRoute({
        ...shared,
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
        const { id } = c.req.valid("param");
        return c.json(await addUserMessage(c.var.context, id, c.req.valid("json").text), 202);
      },
    )
    .openapi(
      createRoute({
        ...shared,
        method: "get",
        path: PATH,
        summary: "Requests that were added to a run, oldest first",
        request: { params: GenerationParams },
        responses: { 200: json(UserMessageList, "All of them, answered or not"), ...refusals(404) },
      }),
      async (c) => {
        return c.json({ messages: await listUserMessages(c.var.context, c.req.valid("param").id) }, 200);
      },
    )
    .openapi(
      createRoute({
        ...shared,
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
        const { text } = c.req.valid("json");
        return c.json(await rewordUserMessage(c.var.context, id, messageId, text), 200);
      },
    )
    .openapi(
      createRoute({
        ...shared,
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
        await withdrawUserMessage(c.var.context, id, messageId);
        return c.body(null, 204);
      },
    );
};
