/** What the API's routes ask of the database: round trips and transactions, counted at the driver. */
import { Client } from "pg";
import { afterAll, expect, test, vi } from "vitest";
import type { AppDetail, CreatedApp } from "@leo/core/api.ts";
import type { Generation } from "@leo/core/generation.ts";
import type { z } from "zod";
import { withApi, type TestApi } from "../support/api.ts";
import { completeGeneration } from "../support/version.ts";

interface Asked {
  statements: number;
  transactions: number;
}

/** Everything that goes to PostgreSQL goes through it. */
const query = vi.spyOn(Client.prototype, "query");

afterAll(() => query.mockRestore());

/** What one request asks for. The user is known by then: their row is read again only every half a minute. */
const counting = async <T>(request: () => Promise<T>): Promise<[Asked, T]> => {
  query.mockClear();
  const result = await request();
  const asked = query.mock.calls.map(([text]) => text as unknown);
  const transactions = asked.filter((text) => typeof text === "string" && text.startsWith("begin")).length;
  return [{ statements: asked.length, transactions }, result];
};

type Created = z.infer<typeof CreatedApp>;
type Detail = z.infer<typeof AppDetail>;

const create = (api: TestApi, token: string, prompt: string) =>
  api.call<Created>(token, "POST", "/api/apps", { prompt });

test("routes ask the database no more often than this", () =>
  withApi(async (api) => {
    const { ann, call } = api;
    await call(ann, "GET", "/api/usage");
    const counts: Record<string, Asked> = {};
    const count = async <T>(
      name: string,
      status: number,
      request: () => Promise<{ status: number; body: T }>,
    ) => {
      const [found, answer] = await counting(request);
      expect([name, answer.status]).toEqual([name, status]);
      counts[name] = found;
      return answer.body;
    };
    const { app, generation } = await count("create", 201, () => create(api, ann, "a todo list"));
    const read = await count("app, queued", 200, () => call<Detail>(ann, "GET", `/api/apps/${app.id}`));
    const later = { estimatedStartAt: expect.any(String) as string };
    // What was answered is what is stored, though it was not read back.
    expect(read).toEqual({
      app: { ...app, latest: { ...app.latest, ...later } },
      generations: [{ ...generation, ...later }],
    });
    await count("message", 202, () =>
      call(ann, "POST", `/api/generations/${generation.id}/messages`, { text: "and dark, please" }),
    );
    await count("cancel", 202, () => call(ann, "POST", `/api/generations/${generation.id}/cancel`));
    const again = await count("retry", 201, () =>
      call<Generation>(ann, "POST", `/api/generations/${generation.id}/retry`),
    );
    await completeGeneration(api, again.id, { source: { "a.txt": "a" }, dist: { "index.html": "<p>" } });
    await count("app, completed", 200, () => call(ann, "GET", `/api/apps/${app.id}`));
    await count("apps", 200, () => call(ann, "GET", "/api/apps"));
    await count("follow-up", 201, () =>
      call(ann, "POST", `/api/apps/${app.id}/generations`, { prompt: "and blue, please" }),
    );
    await count("rename", 200, () => call(ann, "PATCH", `/api/apps/${app.id}`, { name: "Mine" }));
    await count("share", 201, () => call(ann, "POST", `/api/apps/${app.id}/shares`, {}));
    await count("site", 200, () =>
      call(ann, "POST", `/api/apps/${app.id}/site/publish`, { generationId: again.id }),
    );
    await count("delete", 204, () => call(ann, "DELETE", `/api/apps/${app.id}`));
    const at = (statements: number, transactions = 1): Asked => ({ statements, transactions });
    expect(counts).toEqual({
      create: at(12),
      "app, queued": at(7),
      message: at(11),
      cancel: at(14),
      retry: at(13),
      "app, completed": at(4),
      apps: at(5),
      "follow-up": at(15),
      rename: at(8),
      share: at(5),
      // Its files are scanned and copied between transactions, which hold nothing meanwhile.
      site: at(36, 5),
      delete: at(12),
    });
  }));
