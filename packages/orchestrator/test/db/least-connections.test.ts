/** An orchestrator with two database connections, one of which listens: nothing may wait for a second one. */
import { expect, test } from "vitest";
import { Client } from "pg";
import { newId } from "@leo/core/id.ts";
import { until } from "@leo/local/testing/until.ts";
import { openGeneratorSocket, openUiSocket, withOrchestrator } from "../support/orchestrator.ts";

test("two connections are enough for a run, its followers, a copy, a share and an operator", () =>
  withOrchestrator({ settings: { LEO_DATABASE_CONNECTIONS: "2" } }, async (leo) => {
    const generation = await leo.submit();
    const task = await leo.task(generation.id);
    const browser = await openUiSocket(leo.orchestrator.url);
    browser.send({ type: "hello", protocol: 1, accessToken: leo.token });
    await browser.first("welcome");
    browser.send({ type: "subscribe", generationId: generation.id, since: 0 });
    const generator = await openGeneratorSocket(task.url, task.token);
    generator.send({ type: "ready", protocol: 1, started: false });
    await generator.first("start_generation");
    const path = `/api/generations/${generation.id}`;
    expect((await leo.request("POST", `${path}/messages`, { text: "bigger" })).status).toBe(202);
    await leo.putManifest(generation, 1);
    generator.send({ type: "messages", messages: [{ n: 1, type: "all_work_complete" }] });
    await leo.reaches(generation.id, "completed");
    task.exit(0);
    await browser.first("events");

    const appPath = `/api/apps/${generation.appId}`;
    const admin = { authorization: `Bearer ${await leo.sign(newId(), { app_metadata: { role: "admin" } })}` };
    const statuses = await Promise.all([
      leo.request("POST", `${path}/restore`).then(({ status }) => status),
      leo.request("POST", `${appPath}/shares`, {}).then(({ status }) => status),
      leo.request("GET", "/api/usage").then(({ status }) => status),
      leo.request("GET", "/api/apps").then(({ status }) => status),
      fetch(`${leo.orchestrator.url}/api/admin/overview`, { headers: admin }).then(({ status }) => status),
      fetch(`${leo.orchestrator.url}/metrics`).then(({ status }) => status),
      fetch(`${leo.orchestrator.url}/health`).then(({ status }) => status),
    ]);
    expect(statuses).toEqual([201, 201, 200, 200, 200, 200, 200]);
  }));

/** How many sessions wait for a lock of the submissions. */
const WAITING = "select count(*)::int as waiting from pg_locks where locktype = 'advisory' and not granted";

test("a user whose submissions wait for each other does not keep the connections from others", () =>
  withOrchestrator({ settings: { LEO_DATABASE_CONNECTIONS: "3" } }, async (leo) => {
    const holder = new Client(leo.databaseUrl);
    await holder.connect();
    try {
      // As another orchestrator would hold it that is taking a submission of the same user.
      await holder.query("begin");
      await holder.query("select pg_advisory_xact_lock(501302, hashtext($1))", [leo.userId]);
      const submissions = Array.from({ length: 5 }, (_, number) =>
        leo.request("POST", "/api/apps", { prompt: `app ${number}` }),
      );
      await until("a submission that waits", async () => {
        const [row] = (await holder.query<{ waiting: number }>(WAITING)).rows;
        return row !== undefined && row.waiting > 0;
      });
      const other = await leo.anotherUser();
      expect((await other.request("GET", "/api/apps")).status).toBe(200);
      expect((await other.request("POST", "/api/apps", { prompt: "another user's" })).status).toBe(201);
      await holder.query("commit");
      const statuses = await Promise.all(submissions.map(async (answer) => (await answer).status));
      expect(statuses).toEqual([201, 201, 201, 201, 201]);
    } finally {
      await holder.end();
    }
  }));
