/**
 * Every route of the API as its owner, as another user, as nobody and with ids that never were. The
 * routes, their parameters and their bodies come from the API's own document, so that a new route is
 * walked without a word here; one with a new kind of id fails until `makeThings` makes one.
 */
import { expect, test } from "vitest";
import type { z } from "zod";
import type { AddedUserMessage, ApiError, CreatedApp, CreatedShare } from "@leo/core/api.ts";
import { newId } from "@leo/core/id.ts";
import { withApi, type Answer, type TestApi } from "../support/api.ts";
import { fill, nameOf, operationsOf, type Operation } from "../support/document.ts";
import { exampleOf, type Ids } from "../support/schema.ts";
import { completeGeneration } from "../support/version.ts";

/** The only routes that anyone may call. A route that is not here must ask who calls. */
const PUBLIC = ["GET /api/config", "GET /health", "GET /metrics", "GET /s/{token}"];
/** Only a user with the role `admin` gets past these; ids in them name whatever there is. */
const isForAdmins = ({ path }: Operation) => path.startsWith("/api/admin/");
const hasId = ({ path }: Operation) => path.includes("{");

/** The first bytes of a PNG. */
const PICTURE = Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

const NAME = "A name that only its owner may read";

/** One of everything that a route can name: values for its path parameters and for ids in its body and query. */
const makeThings = async (api: TestApi, owner = api.ann): Promise<Ids> => {
  const { body } = await api.call<z.infer<typeof CreatedApp>>(owner, "POST", "/api/apps", {
    prompt: "a todo list",
    name: NAME,
  });
  const { body: added } = await api.call<z.infer<typeof AddedUserMessage>>(
    owner,
    "POST",
    `/api/generations/${body.generation.id}/messages`,
    { text: NAME },
  );
  const source = { "src/App.tsx": "export const secret = 1;" };
  await completeGeneration(api, body.generation.id, {
    source,
    dist: { "index.html": "<p>secret</p>" },
    screenshot: PICTURE,
  });
  const { body: shared } = await api.call<z.infer<typeof CreatedShare>>(
    owner,
    "POST",
    `/api/apps/${body.app.id}/shares`,
    {},
  );
  return idsOf(body.app.id, body.generation.id, shared.share.id, added.messageId);
};

const idsOf = (appId: string, generationId: string, shareId: string, messageId: string): Ids => ({
  appId,
  shareId,
  messageId,
  id: generationId,
  generationId,
  baseGenerationId: generationId,
  base: generationId,
  path: "src/App.tsx",
  userId: newId(),
  ownerId: newId(),
  targetId: newId(),
  before: newId(),
});
const unknownIds = () => idsOf(newId(), newId(), newId(), newId());

/** Parameters of the query that are ids, filled in. */
const queryOf = ({ parameters }: Operation, ids: Ids) => {
  const named = parameters.filter(
    (parameter) => parameter.in === "query" && parameter.schema.format === "uuid",
  );
  const query = new URLSearchParams();
  for (const { name, schema } of named) query.set(name, String(exampleOf(schema, ids, name)));
  return query.size > 0 ? `?${query.toString()}` : "";
};

const ask = (api: TestApi, token: string | null, operation: Operation, ids: Ids): Promise<Answer<ApiError>> =>
  api.call(
    token,
    operation.method,
    fill(operation.path, ids) + queryOf(operation, ids),
    operation.body && exampleOf(operation.body, ids),
  );

/** Names of the ids that an operation takes: in its path, its query or its body. */
const idsIn = (operation: Operation): string[] => {
  const marks = Object.fromEntries(Object.keys(unknownIds()).map((name) => [name, newId()]));
  const body = operation.body && exampleOf(operation.body, marks);
  const asked = JSON.stringify([fill(operation.path, marks), queryOf(operation, marks), body]);
  return Object.keys(marks).filter((name) => asked.includes(marks[name] ?? "") && name !== "path");
};

/** What the owner sees, route by route. */
const seenBy = async (api: TestApi, token: string, operations: Operation[], ids: Ids) => {
  const readable = operations.filter(({ method, ...rest }) => method === "GET" && hasId({ method, ...rest }));
  const answers: [name: string, status: number, body: unknown][] = [];
  for (const operation of readable) {
    const { status, body } = await ask(api, token, operation, ids);
    // A zip holds the time at which it was made.
    answers.push([nameOf(operation), status, typeof body === "string" ? "not JSON" : body]);
  }
  return answers;
};

test("no route of the API is missing from its document", () =>
  withApi(async (api) => {
    const documented = (await operationsOf(api)).map(nameOf);
    const registered = api.routes
      .filter((route) => !route.startsWith("ALL ") && route !== "GET /*" && route !== "GET /api/openapi.json")
      .map((route) => route.replaceAll(/:(\w+)(\{[^}]*\})?/g, "{$1}"));
    expect(new Set(registered)).toEqual(new Set(documented));
  }));

test("every route answers a stranger exactly as it answers for something that doesn't exist", () =>
  withApi(async (api) => {
    const operations = await operationsOf(api);
    const anns = await makeThings(api);
    const users = operations.filter((operation) => !operation.isPublic && !isForAdmins(operation));
    const before = await seenBy(api, api.ann, users, anns);
    expect(before.length).toBeGreaterThan(5);
    for (const [name, status] of before) expect([name, status]).not.toEqual([name, 404]);

    expect(
      operations
        .filter(({ isPublic }) => isPublic)
        .map(nameOf)
        .toSorted(),
    ).toEqual(PUBLIC);
    for (const operation of operations.filter(({ isPublic }) => !isPublic)) {
      for (const token of [null, "not-a-token"]) {
        const answer = await ask(api, token, operation, anns);
        expect([nameOf(operation), answer.status]).toEqual([nameOf(operation), 401]);
        expect(answer.body.error.code).toBe("unauthenticated");
        expect(answer.headers.get("www-authenticate")).toBe("Bearer");
      }
    }
    for (const operation of users.filter(hasId)) {
      const foreign = await ask(api, api.bob, operation, anns);
      expect([nameOf(operation), foreign.status]).toEqual([nameOf(operation), 404]);
      expect(foreign.body.error.code).toBe("not_found");
      expect(foreign.body).toEqual((await ask(api, api.bob, operation, unknownIds())).body);
      const names = Object.keys(anns).filter((name) => operation.path.includes(`{${name}}`));
      const garbage = Object.fromEntries(names.map((name) => [name, encodeURIComponent("../'\0")]));
      const answer = await ask(api, api.ann, operation, { ...anns, ...garbage });
      expect([nameOf(operation), answer.status]).toEqual([nameOf(operation), 404]);
    }
    const bobs = await makeThings(api, api.bob);
    for (const operation of users) {
      const names = idsIn(operation);
      for (const name of names.length > 1 ? names : []) {
        const mixed = await ask(api, api.bob, operation, { ...bobs, [name]: anns[name] ?? "" });
        expect([nameOf(operation), name, mixed.status]).toEqual([nameOf(operation), name, 404]);
      }
    }
    for (const operation of operations.filter(isForAdmins)) {
      const answer = await ask(api, api.bob, operation, anns);
      expect([nameOf(operation), [403, 404].includes(answer.status)]).toEqual([nameOf(operation), true]);
    }
    expect(await seenBy(api, api.ann, users, anns)).toEqual(before);
  }));

test("routes without an id reveal nothing about other users", () =>
  withApi(async (api) => {
    const anns = await makeThings(api);
    const operations = (await operationsOf(api)).filter(
      (operation) => !hasId(operation) && !isForAdmins(operation),
    );
    expect(operations.length).toBeGreaterThan(5);
    for (const operation of operations) {
      const answer = await ask(api, operation.isPublic ? null : api.bob, operation, {});
      const said = JSON.stringify(answer.body);
      for (const secret of [anns["appId"], anns["id"], NAME])
        expect([nameOf(operation), said]).not.toEqual([
          nameOf(operation),
          expect.stringContaining(secret ?? NAME),
        ]);
    }
  }));

/** Every route gets things of its own: more than a user may ask for in a day. */
const MANY = { LEO_USER_DAY_BUDGET_USD: "10000", LEO_PLATFORM_DAY_BUDGET_USD: "10000" };

test("the owner gets past every route that refused the others", () =>
  withApi(
    async (api) => {
      const operations = (await operationsOf(api)).filter(
        (operation) => hasId(operation) && !operation.isPublic && !isForAdmins(operation),
      );
      for (const operation of operations) {
        const anns = await makeThings(api);
        const { status } = await ask(api, api.ann, operation, anns);
        expect([nameOf(operation), [401, 403, 404].includes(status) || status >= 500]).toEqual([
          nameOf(operation),
          false,
        ]);
      }
    },
    { env: MANY },
  ));
