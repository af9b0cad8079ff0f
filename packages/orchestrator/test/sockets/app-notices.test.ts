/** A page hears that an app of its user changed, whoever changed it and at whichever orchestrator. */
import { runSql } from "@leo/local/testing/database.ts";
import { expect, test } from "vitest";
import type { App, Generation } from "@leo/core/generation.ts";
import { newId } from "@leo/core/id.ts";
import { NOTICE_APPS_MAX, type ToBrowser } from "@leo/core/protocol/ui.ts";
import type { Sink } from "../../src/events/hub.ts";
import { createAppNotices } from "../../src/sockets/app-notices.ts";
import { WAIT } from "../support/caller.ts";
import { openGeneratorSocket, openUiSocket, withOrchestrator } from "../support/orchestrator.ts";

const follow = async (url: string, accessToken: string) => {
  const page = await openUiSocket(url);
  page.send({ type: "hello", protocol: 1, accessToken });
  page.send({ type: "follow_apps" });
  await page.first("apps_followed");
  const notices = () => page.received.flatMap((said) => (said.type === "apps_changed" ? [said.appIds] : []));
  /** Does something, and waits for a notice that comes after it began. */
  const hears = async <T>(act: () => Promise<T>): Promise<T> => {
    const before = notices().length;
    const result = await act();
    await expect.poll(() => notices().length, WAIT).toBeGreaterThan(before);
    return result;
  };
  return { ...page, notices, hears };
};

test("each change of an app is heard at another orchestrator by its user, and by nobody else", () =>
  withOrchestrator({}, async (leo) => {
    const other = await leo.startAnother();
    const page = await follow(other.url, leo.token);
    const stranger = await follow(other.url, await leo.sign(newId()));
    const ask = async <T>(method: string, path: string, body?: unknown) => {
      const answer = await leo.request(method, path, body);
      expect(answer.ok).toBe(true);
      return (answer.status === 204 ? undefined : await answer.json()) as T;
    };
    const { app, generation } = await page.hears(() =>
      ask<{ app: App; generation: Generation }>("POST", "/api/apps", { prompt: "a todo list" }),
    );
    const task = await leo.task(generation.id);
    await page.hears(async () => {
      const generator = await openGeneratorSocket(task.url, task.token);
      generator.send({ type: "ready", protocol: 1, started: false });
      await leo.reaches(generation.id, "running");
    });
    await page.hears(() => ask("PATCH", `/api/apps/${app.id}`, { name: "Chores" }));
    await page.hears(() => ask("POST", `/api/generations/${generation.id}/cancel`));
    await page.hears(async () => {
      task.exit(143);
      await leo.reaches(generation.id, "cancelled");
    });
    await page.hears(() => ask("DELETE", `/api/apps/${app.id}`));
    expect(new Set(page.notices().flat())).toEqual(new Set([app.id]));

    // A socket hears things in order: the answer comes after all that it heard before.
    stranger.send({ type: "ping" });
    await stranger.first("pong");
    expect(stranger.notices()).toEqual([]);
  }));

test("after notifications were lost a page hears that any app may have changed", () =>
  withOrchestrator({}, async (leo) => {
    const page = await follow(leo.orchestrator.url, leo.token);
    await page.hears(() =>
      runSql(
        leo.databaseUrl,
        "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'leo-listener' and datname = current_database()",
      ),
    );
    expect(page.notices()).toEqual(["any"]);
  }));

test("a page that cannot keep up costs a few ids, and gets one notice once there is room", async () => {
  const sent: ToBrowser[] = [];
  let makeRoom: (() => void) | undefined;
  const sink: Sink = {
    send: (data) => sent.push(JSON.parse(data.toString()) as ToBrowser),
    hasRoom: () => false,
    isOpen: () => true,
    room: () => new Promise((resolve) => (makeRoom = resolve)),
  };
  const notices = createAppNotices();
  const stop = notices.follow("ann", sink);
  notices.receive("ann:one");
  await expect.poll(() => makeRoom).toBeDefined();
  for (let index = 0; index < NOTICE_APPS_MAX; index += 1) notices.receive(`ann:${index}`);
  notices.receive("bob:his");
  expect(sent).toEqual([]);
  makeRoom?.();
  await expect.poll(() => sent).toEqual([{ type: "apps_changed", appIds: "any" }]);
  stop();
});
