import { expect, test } from "vitest";
import type { z } from "zod";
import type { ApiError, AppDetail, AppList, CreatedApp, EventPage, Usage } from "@leo/core/api.ts";
import type { App, Generation } from "@leo/core/generation.ts";
import { newId } from "@leo/core/id.ts";
import { repairLedger } from "../../src/limits/ledger.ts";
import { withApi, type TestApi } from "../support/api.ts";
import { completeGeneration, endGeneration, setUpdatedAt } from "../support/version.ts";

type Created = z.infer<typeof CreatedApp>;
type List = z.infer<typeof AppList>;
type Detail = z.infer<typeof AppDetail>;
type Page = z.infer<typeof EventPage>;

const create = async ({ call }: TestApi, token: string, prompt = "a todo list with dark mode") => {
  const { status, body } = await call<Created>(token, "POST", "/api/apps", { prompt });
  expect(status).toBe(201);
  return body;
};

test("a request becomes an app with a queued generation that has its first event", () =>
  withApi(async (api) => {
    const { app, generation } = await create(api, api.ann);
    expect(app).toMatchObject({ name: "Todo list", latest: { id: generation.id } });
    expect(generation).toMatchObject({
      appId: app.id,
      state: "queued",
      attempt: 0,
      mode: "autonomous",
      queuePosition: 1,
      lastSeq: 1,
      costUsd: 0,
      chargedUsd: 0,
    });
    expect(generation.previewUrl).toBeUndefined();
    const { body } = await api.call<Page>(api.ann, "GET", `/api/generations/${generation.id}/events`);
    expect(body.lastSeq).toBe(1);
    expect(body.events).toEqual([
      { seq: 1, at: expect.any(String), type: "state_changed", state: "queued", attempt: 0 },
    ]);
  }));

test("the list has my apps only, last changed first, page by page without gaps", () =>
  withApi(async (api) => {
    const made: string[] = [];
    for (const name of ["one", "two", "three", "four", "five"]) {
      const { body } = await api.call<Created>(api.ann, "POST", "/api/apps", { prompt: "a notes app", name });
      made.push(body.app.id);
    }
    // All changed within the same millisecond: the order must still be total.
    for (const id of made) await setUpdatedAt(api, id, new Date("2026-01-01T00:00:00.123Z"));
    await create(api, api.bob);
    const seen: string[] = [];
    let cursor = "";
    do {
      const { status, body } = await api.call<List>(api.ann, "GET", `/api/apps?limit=2${cursor}`);
      expect(status).toBe(200);
      seen.push(...body.apps.map(({ id }) => id));
      cursor = body.nextCursor ? `&cursor=${encodeURIComponent(body.nextCursor)}` : "";
    } while (cursor);
    expect(seen).toEqual(made.toReversed());
  }));

test("a search finds apps by name and by what was asked, in any case, and takes no character for a pattern", () =>
  withApi(async (api) => {
    const make = async (name: string, prompt: string) => {
      const { body } = await api.call<Created>(api.ann, "POST", "/api/apps", { name, prompt });
      return body.app.name;
    };
    await make("Harbour", "a board for ships");
    await make("100% done_list", "todos");
    await make("Clock", "shows the time in Harbour towns");
    await api.call(api.bob, "POST", "/api/apps", { name: "Harbour too", prompt: "x" });
    const find = async (q: string) => {
      const { body } = await api.call<List>(api.ann, "GET", `/api/apps?q=${encodeURIComponent(q)}`);
      return body.apps.map(({ name }) => name);
    };
    expect(await find("hARbour")).toEqual(["Clock", "Harbour"]);
    expect(await find("ships")).toEqual(["Harbour"]);
    expect(await find("%")).toEqual(["100% done_list"]);
    expect(await find("e_l")).toEqual(["100% done_list"]);
    expect(await find("\\")).toEqual([]);
    expect(await find("  ")).toHaveLength(3);
    expect((await api.call(api.ann, "GET", "/api/apps?q=%00")).status).toBe(400);
  }));

test("a follow-up continues from the newest completed version, or from the one given", () =>
  withApi(async (api) => {
    const { app, generation: first } = await create(api, api.ann);
    await completeGeneration(api, first.id, { dist: { "index.html": "<p>1</p>" } });
    const path = `/api/apps/${app.id}/generations`;
    const second = await api.call<Generation>(api.ann, "POST", path, { prompt: "now add a filter" });
    expect(second.status).toBe(201);
    expect(second.body).toMatchObject({ state: "queued", baseGenerationId: first.id });
    await completeGeneration(api, second.body.id, { dist: { "index.html": "<p>2</p>" } });

    const third = await api.call<Generation>(api.ann, "POST", path, {
      prompt: "another way",
      baseGenerationId: first.id,
    });
    expect(third.body.baseGenerationId).toBe(first.id);
    await endGeneration(api, third.body.id, "failed");
    const fourth = await api.call<Generation>(api.ann, "POST", path, { prompt: "go on" });
    expect(fourth.body.baseGenerationId).toBe(second.body.id);

    const { body } = await api.call<Detail>(api.ann, "GET", `/api/apps/${app.id}`);
    expect(body.generations.map(({ id }) => id)).toEqual([
      fourth.body.id,
      third.body.id,
      second.body.id,
      first.id,
    ]);
    expect(body.app.previewUrl).toContain(`http://${second.body.id}.localhost:5013/?leo-link=leo_pv_`);
    expect(body.generations.at(-1)?.previewUrl).toContain(
      `http://${first.id}.localhost:5013/?leo-link=leo_pv_`,
    );
  }));

test("a second request on an app at work is refused with a sentence, even when many come at once", () =>
  withApi(async (api) => {
    const { app, generation } = await create(api, api.ann);
    const path = `/api/apps/${app.id}/generations`;
    const refused = await api.call<ApiError>(api.ann, "POST", path, { prompt: "more" });
    expect(refused.status).toBe(409);
    expect(refused.body.error).toEqual({
      code: "conflict",
      message: "This app already has a request at work. Wait until it ends, or cancel it.",
    });
    await endGeneration(api, generation.id, "cancelled");
    const all = await Promise.all(
      Array.from({ length: 10 }, () => api.call(api.ann, "POST", path, { prompt: "more" })),
    );
    expect(all.filter(({ status }) => status === 201)).toHaveLength(1);
    expect(all.filter(({ status }) => status === 409)).toHaveLength(9);
  }));

test("a base that is unfinished, of another app or unknown is refused", () =>
  withApi(async (api) => {
    const mine = await create(api, api.ann);
    const other = await create(api, api.ann);
    const foreign = await create(api, api.bob);
    await endGeneration(api, mine.generation.id, "failed");
    await completeGeneration(api, other.generation.id, {});
    await completeGeneration(api, foreign.generation.id, {});
    const ask = (baseGenerationId: string) =>
      api.call(api.ann, "POST", `/api/apps/${mine.app.id}/generations`, { prompt: "more", baseGenerationId });
    expect((await ask(mine.generation.id)).status).toBe(409);
    expect((await ask(other.generation.id)).status).toBe(404);
    expect((await ask(foreign.generation.id)).status).toBe(404);
    expect((await ask(newId())).status).toBe(404);
  }));

test("retry makes a new generation of the same request and base, once the first has ended", () =>
  withApi(async (api) => {
    const { app, generation } = await create(api, api.ann, "a kanban board");
    const path = `/api/generations/${generation.id}/retry`;
    expect((await api.call(api.ann, "POST", path)).status).toBe(409);
    await endGeneration(api, generation.id, "failed");
    const { status, body } = await api.call<Generation>(api.ann, "POST", path);
    expect(status).toBe(201);
    expect(body).toMatchObject({ appId: app.id, prompt: "a kanban board", state: "queued" });
    expect(body.id).not.toBe(generation.id);
    expect(body.baseGenerationId).toBeUndefined();
  }));

test("cancel of a queued generation ends it; of an ended one it is refused", () =>
  withApi(async (api) => {
    const { generation } = await create(api, api.ann);
    const path = `/api/generations/${generation.id}/cancel`;
    const cancelled = await api.call<Generation>(api.ann, "POST", path);
    expect(cancelled.status).toBe(202);
    expect(cancelled.body.state).toBe("cancelled");
    expect((await api.call(api.ann, "POST", path)).status).toBe(202);

    const done = await create(api, api.ann);
    await completeGeneration(api, done.generation.id, {});
    const late = await api.call<ApiError>(api.ann, "POST", `/api/generations/${done.generation.id}/cancel`);
    expect(late.status).toBe(409);
    expect(late.body.error.message).toBe("This run has already finished.");
  }));

test("a message for the agent is stored and shown as an event", () =>
  withApi(async (api) => {
    const { generation } = await create(api, api.ann);
    const path = `/api/generations/${generation.id}/messages`;
    const added = await api.call<{ messageId: string }>(api.ann, "POST", path, { text: "make it blue" });
    expect(added.status).toBe(202);
    const { body } = await api.call<Page>(api.ann, "GET", `/api/generations/${generation.id}/events?since=1`);
    expect(body.events).toMatchObject([
      { seq: 2, type: "user_message", text: "make it blue", messageId: added.body.messageId },
    ]);
  }));

test("an app can be renamed, and deleting it hides it and all that belongs to it at once", () =>
  withApi(async (api) => {
    const { app, generation } = await create(api, api.ann);
    const renamed = await api.call<App>(api.ann, "PATCH", `/api/apps/${app.id}`, { name: "  Mine  " });
    expect(renamed.body.name).toBe("Mine");
    expect((await api.call(api.ann, "DELETE", `/api/apps/${app.id}`)).status).toBe(204);
    for (const path of [`/api/apps/${app.id}`, `/api/generations/${generation.id}`]) {
      expect((await api.call(api.ann, "GET", path)).status).toBe(404);
    }
    expect((await api.call(api.ann, "DELETE", `/api/apps/${app.id}`)).status).toBe(404);
    expect((await api.call<List>(api.ann, "GET", "/api/apps")).body.apps).toEqual([]);
  }));

test("the queue limit names itself, and a finished place can be used again", () =>
  withApi(
    async (api) => {
      const { generation } = await create(api, api.ann);
      await create(api, api.ann);
      const refused = await api.call<ApiError>(api.ann, "POST", "/api/apps", { prompt: "a third" });
      expect(refused.status).toBe(429);
      expect(refused.body.error).toEqual({
        code: "limit_reached",
        message: expect.stringMatching(
          /^You have 2 requests in the queue, the limit is 2\. The next is expected to start at \d\d:\d\d UTC, in [45] minutes; or cancel one\.$/,
        ),
        details: { limit: "queued_per_user", max: 2, current: 2, freesAt: expect.any(String) },
      });
      expect((await api.call(api.bob, "POST", "/api/apps", { prompt: "mine" })).status).toBe(201);
      await api.call(api.ann, "POST", `/api/generations/${generation.id}/cancel`);
      expect((await api.call(api.ann, "POST", "/api/apps", { prompt: "a third" })).status).toBe(201);
    },
    { env: { LEO_QUEUED_PER_USER: "2" } },
  ));

test("usage counts what runs, what waits and what today cost", () =>
  withApi(async (api) => {
    await create(api, api.ann);
    const { generation } = await create(api, api.ann);
    await api.context.database.pool.query(
      `insert into leo.attempts (id, generation_id, number, token_hash, vcpu, memory_mib, launch_lease_until, deadline_at, cost_usd)
       values (gen_random_uuid(), $1, 1, 'x', 1, 1, now(), now(), 0.25)`,
      [generation.id],
    );
    await completeGeneration(api, generation.id, {});
    await repairLedger(api.context);
    const { body } = await api.call<Usage>(api.ann, "GET", "/api/usage");
    expect(body).toMatchObject({
      running: 0,
      queued: 1,
      generationsToday: 2,
      spentTodayUsd: 0.25,
      reservedTodayUsd: 5,
      limits: { queuedPerUser: 20, runningPerUser: 3, generationsPerDay: 100, dayBudgetUsd: 100 },
    });
    const today = new Date().toISOString().slice(0, 10);
    expect(body.days).toHaveLength(30);
    expect(body.days.at(-1)).toEqual({ day: today, usd: 0.25, generations: 2 });
    expect(body.days.slice(0, -1).every(({ usd, generations }) => usd === 0 && generations === 0)).toBe(true);
  }));
