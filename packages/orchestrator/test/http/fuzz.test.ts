/**
 * Five thousand bad requests, made from the API's own document: none may end in a 500, a crash, a hang, or
 * a changed prototype.
 */
import { Agent, request } from "node:http";
import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeJwt } from "jose";
import { z } from "zod";
import { ApiError, type CreatedApp, type CreatedShare } from "@leo/core/api.ts";
import { newId } from "@leo/core/id.ts";
import { withApi, type TestApi } from "../support/api.ts";
import { fill, nameOf, operationsOf, type Operation } from "../support/document.ts";
import { inTime, isUnharmed, PARALLEL, tryAll } from "../support/fuzz.ts";
import { hostileJson, hostileText } from "../support/hostile.ts";
import { publish } from "../support/site.ts";
import { completeGeneration } from "../support/version.ts";

const HTTP_CASES = 4_500;
const ADMIN_CASES = 500;

interface Case {
  operation: Operation;
  token: string | null;
  path: string;
  headers: Record<string, string>;
  body: string | Buffer | undefined;
}

const agent = new Agent({ keepAlive: true, maxSockets: PARALLEL });

const send = (url: string, { operation, token, path, headers, body }: Case) =>
  new Promise<{ status: number; type: string; text: string }>((resolve, reject) => {
    const sent = request(url + path, {
      agent,
      method: operation.method,
      headers: {
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
        ...headers,
      },
    });
    sent.on("error", reject);
    sent.on("response", (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.on("error", reject);
      response.on("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          type: response.headers["content-type"] ?? "",
          text: Buffer.concat(parts).toString(),
        }),
      );
    });
    sent.end(body);
  });

/** What can be named: an app with everything, one to delete, one of another user. */
const makeApps = async (api: TestApi) => {
  const make = async (owner: string) => {
    const created = await api.call<z.infer<typeof CreatedApp>>(owner, "POST", "/api/apps", { prompt: "x" });
    const { app, generation } = created.body;
    const files = { source: { "src/App.tsx": "1" }, dist: { "index.html": "<p>" } };
    await completeGeneration(api, generation.id, files);
    const path = `/api/apps/${app.id}/shares`;
    const { share } = (await api.call<z.infer<typeof CreatedShare>>(owner, "POST", path, {})).body;
    await publish(api, owner, app.id, generation.id);
    return { appId: app.id, id: generation.id, shareId: share.id };
  };
  return {
    lasting: await make(api.ann),
    doomed: await make(api.ann),
    foreign: await make(api.bob),
    /** No user's request names it. */
    watched: await make(api.bob),
  };
};

/** Header values that Node's client takes. */
const headerText = hostileText.map((text) => text.replaceAll(/[^\x20-\x7e]/g, "").slice(0, 300));
const headers = fc.dictionary(
  fc.constantFrom(
    "idempotency-key",
    "x-request-id",
    "x-forwarded-for",
    "accept",
    "accept-encoding",
    "range",
    "if-range",
    "if-none-match",
    "origin",
    "cookie",
    "content-type",
    "authorization",
    "traceparent",
  ),
  headerText,
  { maxKeys: 2 },
);

test("no request, however odd, makes any route answer 5xx or hang", { timeout: 300_000 }, () =>
  withApi(
    async (api) => {
      const { lasting, doomed, foreign, watched } = await makeApps(api);
      const operations = await operationsOf(api);
      const admin = await api.sign(newId(), { app_metadata: { role: "admin" } });
      const isForAdmins = ({ path }: Operation) => path.startsWith("/api/admin/");
      const ids = [...Object.values(lasting), ...Object.values(foreign), newId()];

      const parameter = (known: string) =>
        fc
          .oneof(
            { weight: 5, arbitrary: fc.constant(known) },
            { weight: 1, arbitrary: fc.constantFrom(...ids) },
            { weight: 2, arbitrary: hostileText },
          )
          .map((part) => encodeURIComponent(part));
      const queryOf = ({ parameters }: Operation) => {
        const names = parameters.filter((each) => each.in === "query").map(({ name }) => name);
        const pair = fc.tuple(
          fc.constantFrom(...names, "x", "__proto__"),
          fc.oneof(hostileText, fc.constantFrom(...ids)),
        );
        return fc.array(pair, { maxLength: 3 }).map((pairs) => new URLSearchParams(pairs).toString());
      };
      const caseOf = (operation: Operation): fc.Arbitrary<Case> => {
        const things: Record<string, string> = {
          // What is deleted must not take the rest with it.
          ...(operation.method === "DELETE" ? doomed : lasting),
          ...(isForAdmins(operation) ? { appId: watched.appId } : {}),
          path: "src/App.tsx",
          token: `leo_sh_${"x".repeat(43)}`,
          userId: decodeJwt(api.ann).sub ?? "",
        };
        const named = [...operation.path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name);
        const values = fc.record(
          Object.fromEntries(named.map((name) => [name, parameter(things[name] ?? newId())])),
        );
        return fc.record({
          operation: fc.constant(operation),
          token: fc.oneof(
            { weight: 12, arbitrary: fc.constant(isForAdmins(operation) ? admin : api.ann) },
            { weight: 1, arbitrary: fc.constantFrom(api.bob, null, "garbage", `${api.ann}x`) },
          ),
          path: fc
            .tuple(values, queryOf(operation))
            .map(([filled, query]) => `${fill(operation.path, filled)}${query && `?${query}`}`),
          headers: fc.option(headers, { freq: 3, nil: {} }),
          body: operation.body ? hostileJson(operation.body, ids) : fc.constant(undefined),
        });
      };
      const statuses = new Map<string, Set<number>>();
      const tryRoute = async (input: Case) => {
        const what = `${input.operation.method} ${input.path.slice(0, 300)}`;
        const { status, type, text } = await inTime(what, send(api.url, input)).catch((cause: unknown) => {
          throw new Error(`${what} ${JSON.stringify(input.headers)} ${input.body?.length} bytes`, { cause });
        });
        expect([what, status < 500]).toEqual([what, true]);
        if (status >= 400 && type.startsWith("application/json")) ApiError.parse(JSON.parse(text));
        const name = nameOf(input.operation);
        statuses.set(name, (statuses.get(name) ?? new Set()).add(status));
      };
      const users = operations.filter((operation) => !isForAdmins(operation));
      await tryAll(fc.oneof(...users.map(caseOf)), HTTP_CASES, tryRoute);
      // Last: an operator may close the intake and suspend whoever sends the rest.
      const admins = operations.filter(isForAdmins);
      await tryAll(fc.oneof(...admins.map(caseOf)), ADMIN_CASES, tryRoute);
      // Nothing is at work that an operator could stop; everything else has been done. Chance may leave one out.
      const untaken = admins.map(nameOf).filter((name) => !statuses.get(name)?.has(200));
      expect(untaken).toContain("POST /api/admin/generations/{id}/cancel");
      expect(untaken.length).toBeLessThanOrEqual(2);
      isUnharmed();
      expect((await api.call(null, "GET", "/health")).status).toBe(200);
      expect(api.logged().filter((line) => line.includes('"level":50'))).toEqual([]);
      // The input was neither all refused nor all taken.
      const all = [...statuses.values()].flatMap((seen) => [...seen]);
      expect(statuses.size).toBe(operations.length);
      for (const status of [200, 201, 400, 401, 404]) expect(all).toContain(status);
    },
    {
      env: {
        LEO_QUEUED_PER_USER: "100000",
        LEO_GENERATIONS_PER_DAY: "100000",
        LEO_USER_DAY_BUDGET_USD: "1000000",
        LEO_PLATFORM_DAY_BUDGET_USD: "1000000",
      },
    },
  ),
);
