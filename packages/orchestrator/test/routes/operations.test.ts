import { expect, test } from "vitest";
import type { ApiError, PublicConfig } from "@leo/core/api.ts";
import { newId } from "@leo/core/id.ts";
import { runSql } from "@leo/local/testing/database.ts";
import { isInsideAddress } from "../../src/http/peer.ts";
import { withApi } from "../support/api.ts";

test("health tells a load balancer to stay away while draining or without a database", async () => {
  for (const status of ["ok", "draining", "no_database"] as const) {
    await withApi(
      async ({ call }) => {
        const answer = await call(null, "GET", "/health");
        expect([answer.status, answer.body]).toEqual([status === "ok" ? 200 : 503, { status }]);
      },
      { parts: { health: async () => status } },
    );
  }
});

test("the public settings hold what a browser needs and no secret", () =>
  withApi(
    async ({ call, supabaseUrl }) => {
      const { body, headers } = await call<PublicConfig>(null, "GET", "/api/config");
      expect(body).toEqual({
        mode: "aws",
        modelIsMock: false,
        github: true,
        supabaseUrl,
        supabaseAnonKey: "anon",
        previewUrlTemplate: "http://{generationId}.localhost:5013",
        limits: {
          promptMaxChars: 15_000,
          runningPerUser: 3,
          queuedPerUser: 20,
          generationsPerDay: 100,
          generationBudgetUsd: 5,
          dayBudgetUsd: 100,
          retentionDays: 30,
        },
      });
      expect(headers.get("cache-control")).toBe("no-store");
    },
    { env: { GITHUB_BOT_TOKEN: "ghp_secretsecretsecret" } },
  ));

test("metrics are for this machine and the VPC, never through the load balancer", () =>
  withApi(async ({ call }) => {
    const inside = await call<string>(null, "GET", "/metrics");
    expect([inside.status, inside.body]).toEqual([200, "leo_up 1\n"]);
    const forwarded: [name: string, value: string][] = [
      ["x-forwarded-for", "127.0.0.1"],
      ["forwarded", "for=127.0.0.1"],
    ];
    for (const [name, value] of forwarded) {
      expect((await call(null, "GET", "/metrics", undefined, { [name]: value })).status).toBe(404);
    }
    const addresses = {
      "10.1.2.3": true,
      "172.31.0.1": true,
      "::ffff:10.0.0.1": true,
      "fd00::1": true,
      "::1": true,
    };
    const outside = { "8.8.8.8": false, "172.32.0.1": false, "::ffff:8.8.8.8": false, "2001:db8::1": false };
    for (const [address, isInside] of Object.entries({ ...addresses, ...outside })) {
      expect([address, isInsideAddress(address)]).toEqual([address, isInside]);
    }
  }));

test("a request id comes back, and one is made where the caller's is none", () =>
  withApi(async ({ call, logged }) => {
    const given = await call(null, "GET", "/api/config", undefined, { "x-request-id": "abc-123" });
    expect(given.headers.get("x-request-id")).toBe("abc-123");
    for (const id of ["with space", "x".repeat(200), '"quote"']) {
      const made = await call(null, "GET", "/api/nope", undefined, { "x-request-id": id });
      expect(made.headers.get("x-request-id")).toMatch(/^[0-9a-f-]{36}$/);
    }
    expect(logged().some((line) => line.includes('"requestId":"abc-123"'))).toBe(true);
  }));

test("each request is one log line with its route, and no query, body, header or token in it", () =>
  withApi(async ({ call, ann, logged }) => {
    const id = newId();
    await call(ann, "POST", "/api/apps", { prompt: "tell nobody" }, { "idempotency-key": "key-in-header" });
    await call(ann, "GET", `/api/generations/${id}/events?since=1&limit=77`);
    const lines = logged().map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatchObject({ event: "request", method: "POST", route: "/api/apps", status: 201 });
    expect(lines[1]).toMatchObject({ method: "GET", route: "/api/generations/:id/events", status: 404 });
    expect(lines[0]).toMatchObject({ durationMs: expect.any(Number), userId: expect.any(String) });
    for (const secret of [ann, "tell nobody", "key-in-header", "limit=77"]) {
      expect(logged().join("")).not.toContain(secret);
    }
  }));

test("an unexpected error is a fixed sentence outside, and its cause is in the log", () =>
  withApi(
    async ({ call, logged }) => {
      const { status, body } = await call<ApiError>(null, "GET", "/metrics");
      expect([status, body]).toEqual([
        500,
        { error: { code: "internal", message: "Something went wrong in Leo. Try again." } },
      ]);
      expect(logged().join("")).toContain("the database said no");
    },
    { parts: { metrics: () => Promise.reject(new Error("the database said no")) } },
  ));

test("no other origin can read the API, and a lost database is a 500 without details", () =>
  withApi(async ({ call, ann, context }) => {
    const answer = await call(null, "OPTIONS", "/api/apps", undefined, {
      origin: "https://evil.example",
      "access-control-request-method": "POST",
    });
    const read = await call(ann, "GET", "/api/apps", undefined, { origin: "https://evil.example" });
    for (const { headers } of [answer, read]) expect(headers.get("access-control-allow-origin")).toBeNull();
    expect([answer.status, read.status]).toEqual([403, 403]);

    await runSql(context.config.DATABASE_URL, "drop schema leo cascade");
    const broken = await call<ApiError>(ann, "GET", "/api/apps");
    expect(broken.status).toBe(500);
    expect(JSON.stringify(broken.body)).not.toMatch(/leo\.|select|relation/);
  }));
