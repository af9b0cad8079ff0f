/** The API's routes as the stub has them. */
import { randomUUID } from "node:crypto";
import type { Share } from "@leo/core/api.ts";
import { isFinal, type App, type Generation } from "@leo/core/generation.ts";
import { NOT_FOUND, refusal, reply, type Answer, type Call } from "./stub-answer.ts";
import { usage } from "./stub-config.ts";
import type { Stub } from "./stub.ts";

/** The parts of a path under /api/apps or /api/generations. */
interface Place {
  id: string;
  action: string | undefined;
  rest: string[];
}

const listApps = (stub: Stub, { url }: Call): Answer => {
  const words = url.searchParams.get("q")?.toLowerCase() ?? "";
  const found = [...stub.apps.values()].filter(({ name }) => name.toLowerCase().includes(words)).toReversed();
  const start = Number(url.searchParams.get("cursor") ?? 0);
  const end = start + stub.appsPerPage;
  const nextCursor = end < found.length ? String(end) : undefined;
  return reply("/api/apps", "$get", 200, { apps: found.slice(start, end), nextCursor });
};

const createApp = (stub: Stub, { body }: Call): Answer => {
  const prompt = body?.["prompt"] ?? "";
  const mode = body?.["mode"] as Generation["mode"] | undefined;
  return reply("/api/apps", "$post", 201, stub.addApp(prompt, prompt.slice(0, 40), mode));
};

const shareRoute = (stub: Stub, { method }: Call, shareId: string | undefined): Answer => {
  if (method === "DELETE" && shareId) {
    stub.shares.delete(shareId);
    return reply("/api/apps/:appId/shares/:shareId", "$delete", 204, null);
  }
  if (method === "GET") {
    const shares = [...stub.shares.values()].toReversed();
    return reply("/api/apps/:appId/shares", "$get", 200, { shares });
  }
  const share: Share = { id: randomUUID(), createdAt: new Date().toISOString(), seenCount: 0 };
  stub.shares.set(share.id, share);
  const url = `${stub.url}/s/leo_sh_${share.id}`;
  return reply("/api/apps/:appId/shares", "$post", 201, { share, url });
};

const readApp = (stub: Stub, app: App): Answer => {
  const generations = [...stub.generations.values()].filter(({ appId }) => appId === app.id);
  return reply("/api/apps/:appId", "$get", 200, { app, generations: generations.toReversed() });
};

const isAtWork = (stub: Stub, app: App) =>
  [...stub.generations.values()].some(({ appId, state }) => appId === app.id && !isFinal(state));

const appRoute = (stub: Stub, call: Call, { id, action, rest }: Place): Answer => {
  const { method, body } = call;
  const app = stub.apps.get(id);
  if (!app) return NOT_FOUND;
  if (action === "github" && method === "PATCH") return stub.github.change(id, body);
  if (action === "github") return reply("/api/apps/:appId/github", "$get", 200, stub.github.of(id));
  if (action === "site") return stub.sites.answer(call, id, rest[0]);
  if (action === "shares") return shareRoute(stub, call, rest[0]);
  if (action === "generations" && isAtWork(stub, app))
    return refusal(
      409,
      "conflict",
      "This app already has a request at work. Wait until it ends, or cancel it.",
    );
  if (action === "generations") {
    const generation = stub.addGeneration(id, body?.["prompt"] ?? "");
    return reply("/api/apps/:appId/generations", "$post", 201, generation);
  }
  if (method === "DELETE") {
    stub.apps.delete(id);
    return reply("/api/apps/:appId", "$delete", 204, null);
  }
  if (method !== "PATCH") return readApp(stub, app);
  app.name = body?.["name"] ?? app.name;
  return reply("/api/apps/:appId", "$patch", 200, app);
};

const messageRoute = (stub: Stub, { method, body }: Call, id: string, messageId?: string): Answer => {
  const text = body?.["text"] ?? "";
  if (!messageId) {
    const added = randomUUID();
    stub.emit(id, { type: "user_message", messageId: added, text });
    return reply("/api/generations/:id/messages", "$post", 202, { messageId: added });
  }
  if (stub.refuseMessageChanges)
    return refusal(409, "conflict", "The agent has this request already, so it stays as it is.");
  if (method === "DELETE") {
    stub.emit(id, { type: "user_message_removed", messageId });
    return reply("/api/generations/:id/messages/:messageId", "$delete", 204, null);
  }
  stub.emit(id, { type: "user_message_changed", messageId, text });
  const createdAt = new Date().toISOString();
  return reply("/api/generations/:id/messages/:messageId", "$patch", 200, {
    id: messageId,
    text,
    createdAt,
    state: "waiting",
  });
};

const fork = (stub: Stub, generation: Generation): Answer => {
  const app = stub.addEmptyApp(`${stub.apps.get(generation.appId)?.name} (copy)`);
  const copied = { app, generation: stub.copy(generation, app.id) };
  return reply("/api/generations/:id/fork", "$post", 201, copied);
};

const cancel = (generation: Generation): Answer => {
  generation.cancelRequestedAt = new Date().toISOString();
  return reply("/api/generations/:id/cancel", "$post", 202, generation);
};

const generationRoute = (stub: Stub, call: Call, { id, action, rest }: Place): Answer => {
  const generation = stub.generations.get(id);
  if (!generation) return NOT_FOUND;
  if (!action) return reply("/api/generations/:id", "$get", 200, generation);
  if (action === "restore") {
    const copy = stub.copy(generation, generation.appId);
    return reply("/api/generations/:id/restore", "$post", 201, copy);
  }
  if (action === "fork") return fork(stub, generation);
  if (action === "cancel") return cancel(generation);
  if (action === "push") return stub.github.push(generation.appId, id, call.body);
  if (action === "retry") {
    const again = stub.addGeneration(generation.appId, generation.prompt);
    return reply("/api/generations/:id/retry", "$post", 201, again);
  }
  if (action === "messages") return messageRoute(stub, call, id, rest[0]);
  return stub.versions.answer(call, id, action, rest.join("/")) ?? NOT_FOUND;
};

export const apiRoute = (stub: Stub, call: Call): Answer => {
  const [, root, kind, id, action, ...rest] = call.url.pathname.split("/");
  if (root === "auth") return stub.auth.answer(call);
  if (kind === "config") return reply("/api/config", "$get", 200, stub.config);
  if (!stub.auth.accepts(call)) return refusal(401, "unauthenticated", "Sign in again.");
  if (kind === "session") return reply("/api/session/end", "$post", 204, null);
  if (kind === "usage") return reply("/api/usage", "$get", 200, usage());
  if (kind === "account" && id === "github") return stub.github.account(call.method, call.body);
  if (kind === "apps" && !id) return call.method === "POST" ? createApp(stub, call) : listApps(stub, call);
  if (kind === "apps" && id) return appRoute(stub, call, { id, action, rest });
  if (kind === "generations" && id) return generationRoute(stub, call, { id, action, rest });
  return NOT_FOUND;
};
