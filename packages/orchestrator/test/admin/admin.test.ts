/** The operator's API: who gets in, what it shows, and that every change is on record. */
import { eq } from "drizzle-orm";
import { expect, test } from "vitest";
import type { z } from "zod";
import type { Platform, UserRecord } from "@leo/core/account.ts";
import type { AdminGeneration, AdminOverview, AuditEntry, Orphan } from "@leo/core/admin.ts";
import type { ApiError, CreatedApp, EventPage } from "@leo/core/api.ts";
import { failure } from "@leo/core/failure.ts";
import { newId } from "@leo/core/id.ts";
import { runSql } from "@leo/local/testing/database.ts";
import { attempts, generations } from "../../src/db/schema.ts";
import { noteOrphan } from "../../src/admin/orphans.ts";
import { endAttempt } from "../../src/generation/attempt.ts";
import { claim } from "../../src/generation/claim.ts";
import { withApi, type TestApi } from "../support/api.ts";
import { nameOf, operationsOf } from "../support/document.ts";
import { makeApp, publish } from "../support/site.ts";

const ADMIN = { email: "op@example.com", app_metadata: { role: "admin" } };
const LOG_URL = "https://logs.example/{taskId}";

const submit = async (api: TestApi, token: string) => {
  const { body } = await api.call<z.infer<typeof CreatedApp>>(token, "POST", "/api/apps", {
    prompt: "a todo list",
  });
  return body.generation;
};

const auditOf = async (api: TestApi, admin: string, query = "") =>
  (await api.call<{ entries: AuditEntry[] }>(admin, "GET", `/api/admin/audit${query}`)).body.entries;

test("only app_metadata makes an operator; for everyone else the page doesn't exist", () =>
  withApi(async (api) => {
    const claims = [
      {},
      { user_metadata: { role: "admin" } },
      { role: "admin" },
      { app_metadata: { role: "user" } },
      { app_metadata: { role: ["admin"] } },
      { app_metadata: { roles: ["admin"] } },
    ];
    const operations = (await operationsOf(api)).filter(({ path }) => path.startsWith("/api/admin/"));
    expect(operations.length).toBeGreaterThan(10);
    for (const claimed of claims) {
      const token = await api.sign(newId(), claimed);
      for (const operation of operations) {
        const path = operation.path.replaceAll(/\{\w+\}/g, newId());
        const answer = await api.call<ApiError>(token, operation.method, path, operation.body && {});
        expect([nameOf(operation), answer.status]).toEqual([nameOf(operation), 404]);
        expect(answer.body.error.message).toBe("There is nothing at this address.");
      }
    }
    const admin = await api.sign(newId(), ADMIN);
    expect((await api.call(admin, "GET", "/api/admin/overview")).status).toBe(200);
    expect(await auditOf(api, admin)).toEqual([]);
  }));

test("it shows everybody's work, the tasks with their ends, the failures and the orphans", () =>
  withApi(
    async (api) => {
      const admin = await api.sign(newId(), ADMIN);
      const ann = await api.sign(newId(), { email: "ann@example.com" });
      const [first, second] = [await submit(api, ann), await submit(api, api.bob)];
      const [attempt] = await claim(api.context, 1);
      const taskArn = "arn:aws:ecs:us-east-1:1:task/leo/abc123";
      const { orm } = api.context.database;
      await orm
        .update(attempts)
        .set({ taskArn })
        .where(eq(attempts.id, attempt?.id ?? ""));
      await noteOrphan(api.context, { taskArn: "orphan-1", startedBy: "nobody" });
      await noteOrphan(api.context, { taskArn: "orphan-2" });
      await noteOrphan(api.context, { taskArn: "orphan-1", stoppedAt: api.context.now() });

      const overview = async () => (await api.call<AdminOverview>(admin, "GET", "/api/admin/overview")).body;
      expect(await overview()).toMatchObject({
        platform: { intakeOpen: true, launchesPaused: false, today: { reservedUsd: 10, generations: 2 } },
        states: { queued: 1, starting: 1, running: 0, finalizing: 0 },
        vcpus: { inUse: 4, budget: 4 },
        failuresToday: [],
        orphansToday: { found: 2, stopped: 1 },
      });
      const list = async (query: string) =>
        (await api.call<{ generations: AdminGeneration[] }>(admin, "GET", `/api/admin/generations?${query}`))
          .body.generations;
      const [live] = await list("filter=live");
      expect(live).toMatchObject({
        id: first.id,
        ownerEmail: "ann@example.com",
        state: "starting",
        prompt: "a todo list",
        tasks: [{ number: 1, taskArn, logUrl: "https://logs.example/abc123" }],
      });
      expect(JSON.stringify(live)).not.toMatch(/token/i);
      expect((await list("filter=queued")).map(({ id }) => id)).toEqual([second.id]);

      const at = api.context.now();
      if (attempt) await endAttempt(orm, attempt, "oom", "OutOfMemoryError: Container killed", at);
      await orm
        .update(generations)
        .set({ state: "failed", failure: failure("out_of_memory"), finishedAt: at })
        .where(eq(generations.id, first.id));
      const story = await api.call<AdminGeneration>(admin, "GET", `/api/admin/generations/${first.id}`);
      expect(story.body).toMatchObject({
        state: "failed",
        failure: { code: "out_of_memory" },
        tasks: [{ ended: { class: "oom", detail: "OutOfMemoryError: Container killed" } }],
      });
      const page = await api.call<z.infer<typeof EventPage>>(
        admin,
        "GET",
        `/api/admin/generations/${first.id}/events?since=1&limit=1`,
      );
      expect(page.body.events.map(({ seq, type }) => [seq, type])).toEqual([[2, "state_changed"]]);
      expect((await overview()).failuresToday).toEqual([{ code: "out_of_memory", count: 1 }]);
      const { body } = await api.call<{ orphans: Orphan[] }>(admin, "GET", "/api/admin/orphans");
      expect(body.orphans.map(({ taskArn: arn, stoppedAt }) => [arn, stoppedAt !== undefined])).toEqual([
        ["orphan-2", false],
        ["orphan-1", true],
      ]);
      expect((await api.call(admin, "GET", `/api/admin/generations/${newId()}`)).status).toBe(404);
    },
    { env: { LEO_TASK_LOG_URL: LOG_URL } },
  ));

test("every change is made and is on record with who, what, before, after and the request", () =>
  withApi(async (api) => {
    const [adminId, annId] = [newId(), newId()];
    const admin = await api.sign(adminId, ADMIN);
    const ann = await api.sign(annId, { email: "ann@example.com" });
    const { id } = await submit(api, ann);
    const { appId, versions } = await makeApp(api, ann);
    await publish(api, ann, appId, versions[0]);
    const users = `/api/admin/users/${annId}`;
    const open = { intakeOpen: true, launchesPaused: false, dayBudgetUsd: 500 };
    const changes: [method: string, path: string, body: object, record: object][] = [
      [
        "PATCH",
        `${users}/limits`,
        { runningPerUser: 1 },
        {
          action: "user_limits",
          targetId: annId,
          before: { own: [], limits: { runningPerUser: 3 } },
          after: { own: ["runningPerUser"], limits: { runningPerUser: 1 } },
        },
      ],
      [
        "POST",
        `${users}/suspend`,
        { reason: "Too many robots." },
        {
          action: "user_suspend",
          targetId: annId,
          before: expect.not.objectContaining({ suspended: expect.anything() }),
          after: { suspended: { reason: "Too many robots." } },
        },
      ],
      [
        "POST",
        `${users}/resume`,
        {},
        {
          action: "user_resume",
          targetId: annId,
          before: { suspended: { reason: "Too many robots." } },
          after: expect.not.objectContaining({ suspended: expect.anything() }),
        },
      ],
      [
        "PUT",
        "/api/admin/intake",
        { open: false, message: "Back at noon." },
        { action: "intake", before: open, after: { intakeOpen: false, intakeMessage: "Back at noon." } },
      ],
      [
        "PUT",
        "/api/admin/launches",
        { paused: true },
        { action: "launches", before: { launchesPaused: false }, after: { launchesPaused: true } },
      ],
      [
        "PUT",
        "/api/admin/day-budget",
        { dayBudgetUsd: 7 },
        { action: "day_budget", before: { dayBudgetUsd: 500 }, after: { dayBudgetUsd: 7 } },
      ],
      [
        "POST",
        `/api/admin/generations/${id}/cancel`,
        {},
        {
          action: "generation_cancel",
          targetId: id,
          before: { state: "queued" },
          after: { state: "cancelled" },
        },
      ],
      [
        "POST",
        `/api/admin/sites/${appId}/take-down`,
        { reason: "It asks for passwords of a bank." },
        {
          action: "site_take_down",
          targetId: appId,
          before: { state: "published" },
          after: { state: "taken_down", takenDown: { reason: "It asks for passwords of a bank." } },
        },
      ],
      [
        "POST",
        `/api/admin/sites/${appId}/allow`,
        {},
        {
          action: "site_allow",
          targetId: appId,
          before: { state: "taken_down" },
          after: { state: "unpublished" },
        },
      ],
    ];
    for (const [index, [method, path, body, record]] of changes.entries()) {
      const requestId = `change-${index}`;
      const answer = await api.call(admin, method, path, body, { "x-request-id": requestId });
      expect([path, answer.status]).toEqual([path, path.endsWith("cancel") ? 202 : 200]);
      const entries = await auditOf(api, admin);
      expect(entries).toHaveLength(index + 1);
      expect(entries[0]).toMatchObject({
        ...record,
        actorId: adminId,
        actorEmail: "op@example.com",
        requestId,
      });
    }
    const documented = (await operationsOf(api)).filter(
      ({ method, path }) => path.startsWith("/api/admin/") && method !== "GET",
    );
    expect(documented).toHaveLength(changes.length);
    expect((await auditOf(api, admin, `?targetId=${annId}`)).map(({ action }) => action)).toEqual([
      "user_resume",
      "user_suspend",
      "user_limits",
    ]);

    const refused = [
      await api.call(admin, "POST", `/api/admin/users/${newId()}/suspend`, { reason: "Who?" }),
      await api.call(admin, "POST", `/api/admin/generations/${newId()}/cancel`),
      await api.call(admin, "PATCH", `${users}/limits`, { runningPerUser: -1 }),
      await api.call(admin, "PATCH", `${users}/limits`, { queuedPerUser: 2 ** 31 }),
      await api.call(admin, "PATCH", `${users}/limits`, { generationBudgetUsd: 1e-9 }),
      await api.call(admin, "PUT", "/api/admin/day-budget", { dayBudgetUsd: 1_000_000 }),
      await api.call(admin, "PUT", "/api/admin/intake", {}),
      await api.call(admin, "PUT", "/api/admin/intake", { open: false, message: "a\0b" }),
      await api.call(admin, "POST", `${users}/suspend`, { reason: "a\0b" }),
      await api.call(admin, "GET", "/api/admin/users?search=%00x"),
    ];
    expect(refused.map(({ status }) => status)).toEqual([404, 404, ...Array.from({ length: 8 }, () => 400)]);
    expect(await auditOf(api, admin)).toHaveLength(changes.length);
  }));

const userOf = async (api: TestApi, admin: string, userId: string) => {
  const { body } = await api.call<{ users: UserRecord[] }>(admin, "GET", `/api/admin/users?search=${userId}`);
  return body.users;
};

test("there is no change without its entry", () =>
  withApi(async (api) => {
    const [admin, bobId] = [await api.sign(newId(), ADMIN), newId()];
    const { id } = await submit(api, await api.sign(bobId));
    const before = await userOf(api, admin, bobId);
    expect(before).toHaveLength(1);
    await runSql(
      api.context.config.DATABASE_URL,
      "alter table leo.audit add constraint is_full check (false)",
    );
    const changes: [method: string, path: string, body?: unknown][] = [
      ["PATCH", `/api/admin/users/${bobId}/limits`, { runningPerUser: 9 }],
      ["POST", `/api/admin/users/${bobId}/suspend`, { reason: "No reason" }],
      ["PUT", "/api/admin/launches", { paused: true }],
      ["POST", `/api/admin/generations/${id}/cancel`],
    ];
    for (const [method, path, body] of changes)
      expect([path, (await api.call(admin, method, path, body)).status]).toEqual([path, 500]);
    expect(await userOf(api, admin, bobId)).toEqual(before);
    const overview = await api.call<AdminOverview>(admin, "GET", "/api/admin/overview");
    expect(overview.body.platform.launchesPaused).toBe(false);
    const story = await api.call<AdminGeneration>(admin, "GET", `/api/admin/generations/${id}`);
    expect(story.body.state).toBe("queued");
  }));

test("more changes at once than there are connections hold nobody up", () =>
  withApi(async (api) => {
    const [admin, bobId] = [await api.sign(newId(), ADMIN), newId()];
    await submit(api, await api.sign(bobId));
    const limits = Array.from({ length: 30 }, (_, index) => index + 1);
    const change = (runningPerUser: number) =>
      api.call(admin, "PATCH", `/api/admin/users/${bobId}/limits`, { runningPerUser });
    const answers = await Promise.all(limits.map(change));
    expect(answers.map(({ status }) => status)).toEqual(limits.map(() => 200));
    // Each found what the one before it had left.
    const entries = (await auditOf(api, admin, `?limit=${limits.length}`)).toReversed();
    expect(entries).toHaveLength(limits.length);
    expect(entries.slice(1).map(({ before }) => before)).toEqual(
      entries.slice(0, -1).map(({ after }) => after),
    );
  }));

test("what is closed is closed: no request is taken, nothing queued starts until launches go on", () =>
  withApi(async (api) => {
    const admin = await api.sign(newId(), ADMIN);
    await submit(api, api.ann);
    await api.call(admin, "PUT", "/api/admin/launches", { paused: true });
    expect(await claim(api.context, 10)).toEqual([]);
    await api.call(admin, "PUT", "/api/admin/intake", { open: false, message: "Back at noon." });
    const refused = await api.call<ApiError>(api.bob, "POST", "/api/apps", { prompt: "a clock" });
    expect([refused.status, refused.body.error.message]).toEqual([503, "Back at noon."]);
    const { body } = await api.call<Platform>(admin, "PUT", "/api/admin/launches", { paused: false });
    expect(body).toMatchObject({ launchesPaused: false, intakeOpen: false });
    expect(await claim(api.context, 10)).toHaveLength(1);
    const { body: found } = await api.call<{ users: UserRecord[] }>(admin, "GET", "/api/admin/users");
    expect(found.users.length).toBeGreaterThan(0);
  }));
