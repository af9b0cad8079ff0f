import { runSql } from "@leo/local/testing/database.ts";
import { pino } from "pino";
import { expect, test } from "vitest";
import { newId } from "@leo/core/id.ts";
import { CloseCode } from "@leo/core/protocol/close-code.ts";
import { readConfig } from "../../src/config.ts";
import { resumeUser, setUserLimits, suspendUser } from "../../src/account/account.ts";
import { tx } from "../../src/db/tx.ts";
import { BASE_ENV } from "../support/context.ts";
import { openGeneratorSocket, openUiSocket, withOrchestrator } from "../support/orchestrator.ts";

test("a user has a limit of sockets and a budget per run, and no sockets while suspended", () =>
  withOrchestrator({ settings: { LEO_SOCKETS_PER_USER: "2" } }, async (leo) => {
    const log = pino({ level: "silent" });
    const operator = { config: readConfig(BASE_ENV), database: leo.database, log, now: () => new Date() };
    const hello = async (accessToken: string) => {
      const browser = await openUiSocket(leo.orchestrator.url);
      browser.send({ type: "hello", protocol: 1, accessToken });
      return browser;
    };
    const welcomed = async (accessToken: string) => {
      const browser = await hello(accessToken);
      await browser.first("welcome");
      return browser;
    };
    const [one, other] = [await welcomed(leo.token), await welcomed(leo.token)];
    expect(await (await hello(leo.token)).closed).toEqual({
      code: CloseCode.tooMany,
      reason: "You have 2 pages of Leo open, the limit is 2. Close one.",
    });
    const stranger = await welcomed(await leo.sign(newId()));
    one.socket.close();
    await one.closed;
    // The server may hear of the end a moment later than this test.
    const again = async () => {
      const browser = await hello(leo.token);
      return Promise.race([
        browser.first("welcome").then(() => browser),
        browser.closed.then(() => undefined),
      ]);
    };
    let third = await again();
    while (!third) third = await again();

    await setUserLimits(operator, leo.userId, { generationBudgetUsd: 2 });
    const generation = await leo.submit();
    const task = await leo.task(generation.id);
    const generator = await openGeneratorSocket(task.url, task.token);
    generator.send({ type: "ready", protocol: 1, started: false });
    expect(await generator.first("start_generation")).toMatchObject({ limits: { budgetUsd: 2 } });

    await suspendUser(operator, leo.userId, "Under review.");
    const suspended = { code: CloseCode.suspended, reason: "the account is suspended" };
    expect(await Promise.all([other.closed, third.closed])).toEqual([suspended, suspended]);
    expect(await (await hello(leo.token)).closed).toMatchObject({
      code: CloseCode.suspended,
      reason: expect.stringMatching(/^Your account is suspended\. Under review\./),
    });
    expect((await leo.request("POST", "/api/apps", { prompt: "more" })).status).toBe(403);
    expect((await leo.request("GET", "/api/usage")).status).toBe(200);
    expect([stranger.socket.readyState, generator.socket.readyState]).toEqual([1, 1]);
    await resumeUser(operator, leo.userId);
    await expect
      .poll(async () => (await leo.request("POST", "/api/apps", { prompt: "more" })).status)
      .toBe(201);
    await welcomed(leo.token);
  }));

test("a ban in Supabase suspends the user and closes their sockets until it's lifted", () =>
  withOrchestrator({}, async (leo) => {
    const welcomed = async () => {
      const browser = await openUiSocket(leo.orchestrator.url);
      browser.send({ type: "hello", protocol: 1, accessToken: leo.token });
      await browser.first("welcome");
      return browser;
    };
    const browser = await welcomed();
    // As Supabase has it: only the owner of the database may read it.
    await runSql(
      leo.databaseUrl,
      "create schema auth; create table auth.users (id uuid, banned_until timestamptz); revoke all on auth.users from public",
    );
    const { database, userId } = leo;
    const asUser = tx({ database, userId, log: pino({ level: "silent" }) }, ({ client }) =>
      client.query("select leo.banned_users()"),
    );
    await expect(asUser).rejects.toMatchObject({ code: "42501" });
    /** Bans until then; the orchestrator looks every 30 s, and at once when anything about a user is told. */
    const banUntil = (until: string) =>
      runSql(
        leo.databaseUrl,
        `delete from auth.users; insert into auth.users values ('${leo.userId}', now() ${until}); notify leo_users, '${newId()}'`,
      );
    await banUntil("+ interval '1 hour'");
    expect(await browser.closed).toEqual({
      code: CloseCode.suspended,
      reason: "the account is suspended",
    });
    const refused = await leo.request("POST", "/api/apps", { prompt: "more" });
    expect([refused.status, await refused.text()]).toEqual([
      403,
      expect.stringContaining("It is banned where you sign in."),
    ]);
    await banUntil("- interval '1 second'");
    await expect
      .poll(async () => (await leo.request("POST", "/api/apps", { prompt: "more" })).status)
      .toBe(201);
    await welcomed();
  }));

test("an address that sends too much gets no socket until there is room", () =>
  withOrchestrator({ settings: { LEO_REQUESTS_PER_MINUTE_ADDRESS: "2" } }, async (leo) => {
    await openUiSocket(leo.orchestrator.url);
    await openUiSocket(leo.orchestrator.url);
    await expect(openUiSocket(leo.orchestrator.url)).rejects.toThrow("429");
    // Not those of generators, of which many may come from one address.
    await openGeneratorSocket(leo.orchestrator.generatorUrl, "unknown");
  }));
