/** Every limit refuses with its name and the time at which it frees, and has freed then. */
import { expect, test } from "vitest";
import type { z } from "zod";
import type { ApiError, CreatedApp, Usage } from "@leo/core/api.ts";
import { newId } from "@leo/core/id.ts";
import { LimitDetails, type LimitName } from "@leo/core/limit-refusal.ts";
import { setUserLimits, suspendUser, resumeUser } from "../../src/account/account.ts";
import { setIntake, setPlatformBudget } from "../../src/limits/platform.ts";
import { withApi, type Answer, type TestApi } from "../support/api.ts";
import { endGeneration } from "../support/version.ts";
import { operationsOf } from "../support/document.ts";

type Created = z.infer<typeof CreatedApp>;

/** Twenty past eight in the evening: the next day begins in 3 h 40 min. */
const EVENING = Date.parse("2026-03-01T20:20:00Z");

/** The API on a clock that the test moves; people who stay signed in. */
const withClock = (
  env: Record<string, string>,
  run: (api: TestApi & { clock: { ms: number }; people: string[]; ids: string[] }) => Promise<void>,
) => {
  const clock = { ms: EVENING };
  return withApi(
    async (api) => {
      const ids = [newId(), newId(), newId()];
      const exp = EVENING / 1_000 + 30 * 86_400;
      const people = await Promise.all(ids.map((id) => api.sign(id, { exp })));
      await run({ ...api, clock, people, ids });
    },
    { env, now: () => new Date(clock.ms) },
  );
};

const create = (api: TestApi, token: string | undefined, headers?: Record<string, string>) =>
  api.call<Created & ApiError>(token ?? null, "POST", "/api/apps", { prompt: "a todo list" }, headers);

const read = (api: TestApi, token: string | null | undefined, headers?: Record<string, string>) =>
  api.call<ApiError>(token ?? null, "GET", "/api/usage", undefined, headers);

/** Checks a refusal and returns the time at which it says that there is room. */
const refusedBy = (answer: Answer<ApiError>, limit: LimitName, sentence: RegExp, now: number): number => {
  expect(answer.status).toBe(429);
  const { message, details } = answer.body.error;
  expect(message).toMatch(sentence);
  const { limit: named, max, current, freesAt = "" } = LimitDetails.parse(details);
  expect(named).toBe(limit);
  expect(current).toBeLessThanOrEqual(max);
  const frees = Date.parse(freesAt);
  expect(frees).toBeGreaterThan(now);
  expect(answer.headers.get("retry-after")).toBe(String(Math.ceil((frees - now) / 1_000)));
  return frees;
};

test("requests a day: refused with the time of the next day, and taken then", () =>
  withClock({ LEO_GENERATIONS_PER_DAY: "2" }, async (api) => {
    const [ann, bob] = api.people;
    const first = await create(api, ann);
    await create(api, ann);
    // What was deleted or failed counts as well.
    await endGeneration(api, first.body.generation.id, "failed");
    await api.call(ann ?? null, "DELETE", `/api/apps/${first.body.app.id}`);
    const sentence =
      /^You have sent 2 requests today; the limit is 2 a day\. The next day begins at 00:00 UTC, in 3 h 40 min\.$/;
    const frees = refusedBy(await create(api, ann), "generations_per_day", sentence, api.clock.ms);
    expect(new Date(frees).toISOString()).toBe("2026-03-02T00:00:00.000Z");
    expect((await create(api, bob)).status).toBe(201);
    api.clock.ms = frees - 1;
    expect((await create(api, ann)).status).toBe(429);
    api.clock.ms = frees;
    expect((await create(api, ann)).status).toBe(201);
    const { body } = await api.call<Usage>(ann ?? null, "GET", "/api/usage");
    expect(body.days.slice(-2)).toEqual([
      { day: "2026-03-01", usd: 0, generations: 2 },
      { day: "2026-03-02", usd: 0, generations: 1 },
    ]);
  }));

test("USD a day: a request whose budget doesn't fit the user's or the platform's day is rejected", () =>
  withClock({ LEO_USER_DAY_BUDGET_USD: "9", LEO_PLATFORM_DAY_BUDGET_USD: "12" }, async (api) => {
    const [ann, bob, eve] = api.people;
    const first = await create(api, ann);
    const mine =
      /^Your limit is \$9\.00 a day\. You've spent \$0\.00, \$5\.00 is set aside for runs that haven't ended, and a run may cost up to \$5\.00\. The next day begins at 00:00 UTC, in 3 h 40 min; whatever a run doesn't use is freed when it ends\.$/;
    const frees = refusedBy(await create(api, ann), "usd_per_user_day", mine, api.clock.ms);
    expect((await create(api, bob)).status).toBe(201);
    const everybodys =
      /^All users together have reached today's limit of \$12\.00\. The next day begins at 00:00 UTC, in 3 h 40 min\.$/;
    refusedBy(await create(api, eve), "usd_per_platform_day", everybodys, api.clock.ms);
    // A run that ends gives back what it did not spend.
    await api.call(ann ?? null, "POST", `/api/generations/${first.body.generation.id}/cancel`);
    expect((await create(api, eve)).status).toBe(201);
    api.clock.ms = frees;
    expect((await create(api, ann)).status).toBe(201);
    await setPlatformBudget(api.context, 100);
    await setUserLimits(api.context, api.ids[0] ?? "", { dayBudgetUsd: 6, generationBudgetUsd: 0.5 });
    expect((await create(api, ann)).status).toBe(201);
    const { body } = await api.call<Usage>(ann ?? null, "GET", "/api/usage");
    expect(body).toMatchObject({
      reservedTodayUsd: 5.5,
      limits: { dayBudgetUsd: 6, generationBudgetUsd: 0.5 },
    });
  }));

test("requests a minute of a user, whatever addresses they come from", () =>
  withClock({ LEO_REQUESTS_PER_MINUTE_USER: "6" }, async (api) => {
    const [ann, bob] = api.people;
    for (let count = 0; count < 6; count += 1) expect((await read(api, ann)).status).toBe(200);
    const sentence =
      /^You send too many requests, the limit is 6 a minute\. The next is taken at 20:20 UTC, in 10 seconds\.$/;
    const frees = refusedBy(await read(api, ann), "requests_per_user", sentence, api.clock.ms);
    expect((await read(api, bob)).status).toBe(200);
    api.clock.ms = frees;
    expect((await read(api, ann)).status).toBe(200);
    expect((await read(api, ann)).status).toBe(429);
  }));

/** What a page that is not Leo's, or a stranger, can send without a token. */
const askAsNobody = (api: TestApi, headers?: Record<string, string>, path = "/api/apps") =>
  api.call<ApiError>(null, "GET", path, undefined, headers);

test("requests a minute per address: forging X-Forwarded-For doesn't help", () =>
  withClock({ LEO_REQUESTS_PER_MINUTE_ADDRESS: "4", LEO_TRUSTED_PROXIES: "1" }, async (api) => {
    const from = (claim: string, address: string) => ({ "x-forwarded-for": `${claim}, ${address}` });
    for (const claim of ["1.1.1.1", "2.2.2.2", "3.3.3.3, 4.4.4.4", "nonsense"])
      expect((await askAsNobody(api, from(claim, "203.0.113.7"))).status).toBe(401);
    const refused = await askAsNobody(api, from("198.51.100.4", "203.0.113.7"));
    const sentence =
      /^Too many requests come from your address, the limit is 4 a minute\. The next is taken at 20:20 UTC, in 15 seconds\.$/;
    const frees = refusedBy(refused, "requests_per_ip", sentence, api.clock.ms);
    expect((await askAsNobody(api, from("203.0.113.7", "198.51.100.4"))).status).toBe(401);
    expect((await api.call(null, "GET", "/health", undefined, from("", "203.0.113.7"))).status).toBe(200);
    api.clock.ms = frees;
    expect((await askAsNobody(api, from("", "203.0.113.7"))).status).toBe(401);
  }));

test("signed-in users are counted by user, so strangers at their address can't lock them out", () =>
  withClock({ LEO_REQUESTS_PER_MINUTE_ADDRESS: "4" }, async (api) => {
    const [ann, bob] = api.people;
    for (let count = 0; count < 4; count += 1) await askAsNobody(api);
    expect((await askAsNobody(api)).status).toBe(429);
    // As on plain HTTP, where browsers do not tell whose page asks.
    for (const person of [ann, bob, ann, bob, ann, bob]) expect((await read(api, person)).status).toBe(200);
    expect((await askAsNobody(api, {}, "/api/config")).status).toBe(200);
  }));

test("requests from another site's page are rejected before they count", () =>
  withClock({ LEO_REQUESTS_PER_MINUTE_ADDRESS: "4" }, async (api) => {
    const [ann] = api.people;
    const foreign: Record<string, string>[] = [
      { "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors" },
      { "sec-fetch-site": "same-site", "sec-fetch-mode": "no-cors" },
      { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "iframe" },
      { "sec-fetch-site": "something new" },
      { origin: "https://evil.example" },
      { origin: "null" },
      { origin: "http://0192f0c0-0000-7000-8000-000000000000.localhost:5013" },
      { origin: "http://" },
    ];
    for (const headers of foreign) {
      for (const path of ["/api/apps", "/api/openapi.json", "/s/leo_sh_x", "/s/x"]) {
        const { status, body } = await askAsNobody(api, headers, path);
        expect([headers, path, status]).toEqual([headers, path, 403]);
        expect(body.error.message).toBe("Pages on other sites can't make this request.");
      }
      expect((await api.call(ann ?? null, "POST", "/api/apps", { prompt: "x" }, headers)).status).toBe(403);
    }
    // A link in a letter leads to a share, from wherever it is; and Leo's own page goes on.
    const followed = {
      "sec-fetch-site": "cross-site",
      "sec-fetch-mode": "navigate",
      "sec-fetch-dest": "document",
    };
    expect((await askAsNobody(api, followed, "/s/x")).status).toBe(404);
    const own: Record<string, string>[] = [
      { "sec-fetch-site": "same-origin", origin: "http://localhost:5013" },
      { "sec-fetch-site": "none" },
      { origin: new URL(api.url).origin },
    ];
    for (const headers of own) expect((await askAsNobody(api, headers)).status).toBe(401);
    expect((await askAsNobody(api)).status).toBe(429);
  }));

test("rejected tokens per address: no further token is checked for a while", () =>
  withClock({ LEO_REFUSED_SIGN_INS_PER_MINUTE: "3" }, async (api) => {
    const [ann, bob] = api.people;
    for (let count = 0; count < 3; count += 1) expect((await read(api, `wrong-${count}`)).status).toBe(401);
    const sentence =
      /^Too many sign-ins from your address were refused, the limit is 3 a minute\. The next is taken at 20:20 UTC, in 20 seconds\.$/;
    const frees = refusedBy(await read(api, ann), "refused_tokens_per_ip", sentence, api.clock.ms);
    api.clock.ms = frees;
    expect((await read(api, ann)).status).toBe(200);
    expect((await read(api, "wrong")).status).toBe(401);
    expect((await read(api, bob)).status).toBe(429);
  }));

test("a token accepted before is still checked, whatever others at its address have tried", () =>
  withClock({ LEO_REFUSED_SIGN_INS_PER_MINUTE: "3" }, async (api) => {
    const [ann, bob] = api.people;
    expect((await read(api, ann)).status).toBe(200);
    for (let count = 0; count < 35; count += 1) await read(api, `wrong-${count}`);
    expect((await read(api, ann)).status).toBe(200);
    expect((await read(api, bob)).status).toBe(429);
  }));

test("a closed intake takes no new requests, and says so in the operator's words", () =>
  withClock({}, async (api) => {
    const [ann] = api.people;
    const { body: made } = await create(api, ann);
    await setIntake(api.context, { open: false, message: "Leo moves house until noon." });
    for (const [path, body] of [
      ["/api/apps", { prompt: "another" }],
      [`/api/apps/${made.app.id}/generations`, { prompt: "more" }],
    ] as const) {
      const answer = await api.call<ApiError>(ann ?? null, "POST", path, body);
      expect([answer.status, answer.body.error.message]).toEqual([503, "Leo moves house until noon."]);
      expect(answer.headers.get("retry-after")).toBe("300");
    }
    // What is there can be seen and stopped.
    const cancel = `/api/generations/${made.generation.id}/cancel`;
    expect((await api.call(ann ?? null, "POST", cancel)).status).toBe(202);
    const retry = await api.call<ApiError>(
      ann ?? null,
      "POST",
      `/api/generations/${made.generation.id}/retry`,
    );
    expect(retry.status).toBe(503);
    await setIntake(api.context, { open: true });
    expect((await create(api, ann)).status).toBe(201);
  }));

test("a suspended user can read but not write, on every route", () =>
  withClock({}, async (api) => {
    const [ann = "", bob = ""] = api.people;
    const [id = ""] = api.ids;
    const { body: made } = await create(api, ann);
    await suspendUser(api.context, id, "The payment failed.");
    // The row is at most half a minute old here; a running orchestrator is told at once.
    api.clock.ms += 30_000;
    const operations = (await operationsOf(api)).filter(({ isPublic }) => !isPublic);
    const writes = operations.filter(({ method }) => method !== "GET");
    expect(writes.length).toBeGreaterThan(8);
    for (const { method, path } of writes) {
      const { status, body } = await api.call<ApiError>(
        ann,
        method,
        path.replaceAll(/\{\w+\}/g, newId()),
        {},
      );
      expect([method, path, status, body.error.message]).toEqual([
        method,
        path,
        403,
        "Your account is suspended. The payment failed. You can still view and download your apps.",
      ]);
    }
    for (const path of [
      "/api/usage",
      "/api/apps",
      `/api/apps/${made.app.id}`,
      `/api/generations/${made.generation.id}`,
    ])
      expect((await api.call(ann, "GET", path)).status).toBe(200);
    expect((await create(api, bob)).status).toBe(201);
    await resumeUser(api.context, id);
    api.clock.ms += 30_000;
    expect((await create(api, ann)).status).toBe(201);
  }));
