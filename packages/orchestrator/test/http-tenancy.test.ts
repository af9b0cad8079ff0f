import { expect, test } from "vitest";
import type { z } from "zod";
import type { ApiError, AppList, CreatedApp, Usage } from "@leo/core/api.ts";
import { newId } from "@leo/core/id.ts";
import { withApi } from "./support/api.ts";
import { fill, operationsOf } from "./support/document.ts";
import { completeGeneration } from "./support/version.ts";

/** A body that every route with a body would take from the owner. */
const BODY = { prompt: "more", text: "more", name: "More" };
/** The only routes that anyone may call. A route that is not here must ask who calls. */
const PUBLIC = ["GET /health", "GET /api/config", "GET /metrics"];
/** Routes without an id: they answer about the caller alone. */
const OWN = ["POST /api/apps", "GET /api/apps", "GET /api/usage"];

test("nobody gets past any route but the public ones, and no token is as good as a wrong one", () =>
  withApi(async (api) => {
    const operations = await operationsOf(api);
    expect(operations.length).toBeGreaterThan(15);
    const open = operations.filter(({ isPublic }) => isPublic);
    expect(open.map(({ method, path }) => `${method} ${path}`).toSorted()).toEqual(PUBLIC.toSorted());
    const ids = { appId: newId(), id: newId(), path: "src/App.tsx" };
    for (const { method, path, isPublic, takesBody } of operations) {
      if (isPublic) continue;
      for (const token of [null, "not-a-token"]) {
        const answer = await api.call<ApiError>(token, method, fill(path, ids), takesBody ? BODY : undefined);
        expect([method, path, answer.status]).toEqual([method, path, 401]);
        expect(answer.body.error.code).toBe("unauthenticated");
        expect(answer.headers.get("www-authenticate")).toBe("Bearer");
      }
    }
  }));

test("no route of the API is missing from its document", () =>
  withApi(async (api) => {
    const documented = (await operationsOf(api)).map(({ method, path }) => `${method} ${path}`);
    const registered = api.routes
      .filter((route) => !route.startsWith("ALL ") && route !== "GET /*" && route !== "GET /api/openapi.json")
      .map((route) => route.replaceAll(/:(\w+)(\{[^}]*\})?/g, "{$1}"));
    expect(new Set(registered)).toEqual(new Set(documented));
  }));

test("every route with an id of another user answers 404, exactly as for an id that never was", () =>
  withApi(async (api) => {
    const { body: made } = await api.call<z.infer<typeof CreatedApp>>(api.ann, "POST", "/api/apps", {
      prompt: "a todo list",
    });
    const source = { "src/App.tsx": "export const secret = 1;" };
    await completeGeneration(api, made.generation.id, { source, dist: { "index.html": "<p>secret</p>" } });
    const anns = { appId: made.app.id, id: made.generation.id, path: "src/App.tsx" };
    const nobodys = { appId: newId(), id: newId(), path: "src/App.tsx" };
    const before = await api.call(api.ann, "GET", `/api/apps/${made.app.id}`);
    expect(before.status).toBe(200);

    const operations = await operationsOf(api);
    const withId = operations.filter(({ path }) => path.includes("{"));
    expect(withId.length).toBeGreaterThan(10);
    for (const { method, path, takesBody } of withId) {
      const body = takesBody ? BODY : undefined;
      const foreign = await api.call<ApiError>(api.bob, method, fill(path, anns), body);
      expect([method, path, foreign.status]).toEqual([method, path, 404]);
      expect(foreign.body.error.code).toBe("not_found");
      const unknown = await api.call<ApiError>(api.bob, method, fill(path, nobodys), body);
      expect(foreign.body).toEqual(unknown.body);
    }
    const after = await api.call(api.ann, "GET", `/api/apps/${made.app.id}`);
    expect(after.body).toEqual(before.body);
  }));

test("routes without an id show a user nothing of another", () =>
  withApi(async (api) => {
    await api.call(api.ann, "POST", "/api/apps", { prompt: "a todo list" });
    const operations = await operationsOf(api);
    const own = operations.filter(({ path, isPublic }) => !isPublic && !path.includes("{"));
    expect(own.map(({ method, path }) => `${method} ${path}`).toSorted()).toEqual(OWN.toSorted());
    const { body: list } = await api.call<z.infer<typeof AppList>>(api.bob, "GET", "/api/apps");
    expect(list.apps).toEqual([]);
    const { body: usage } = await api.call<Usage>(api.bob, "GET", "/api/usage");
    expect(usage).toMatchObject({ queued: 0, generationsToday: 0 });
  }));

test("two users may use the same Idempotency-Key without meeting", () =>
  withApi(async (api) => {
    const ask = (token: string) =>
      api.call<z.infer<typeof CreatedApp>>(
        token,
        "POST",
        "/api/apps",
        { prompt: "a todo list" },
        { "idempotency-key": "same" },
      );
    const [first, second] = [await ask(api.ann), await ask(api.bob)];
    expect([first.status, second.status]).toEqual([201, 201]);
    expect(first.body.app.id).not.toBe(second.body.app.id);
  }));

test("a base of another user is unknown, and a diff never mixes two apps", () =>
  withApi(async (api) => {
    const make = async (token: string) => {
      const { body } = await api.call<z.infer<typeof CreatedApp>>(token, "POST", "/api/apps", {
        prompt: "notes",
      });
      await completeGeneration(api, body.generation.id, { source: { "a.txt": body.app.id } });
      return body.generation.id;
    };
    const [mine, alsoMine, foreign] = [await make(api.ann), await make(api.ann), await make(api.bob)];
    for (const base of [alsoMine, foreign, newId()]) {
      const { status } = await api.call(api.ann, "GET", `/api/generations/${mine}/diff?base=${base}`);
      expect(status).toBe(404);
    }
  }));
