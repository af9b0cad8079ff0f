import { expect, test } from "vitest";
import type { ApiError } from "@leo/core/api.ts";
import { newId } from "@leo/core/id.ts";
import { createVerifier } from "../../src/auth/verifier.ts";
import { withApi } from "../support/api.ts";
import { withKeys } from "../support/keys.ts";

const HOUR_SECONDS = 3600;
const inSeconds = (seconds: number) => Math.floor(Date.now() / 1000) + seconds;

test("a token tells user, e-mail, expiry, and a role only from app_metadata", () =>
  withKeys(async ({ supabaseUrl, sign }) => {
    const verify = createVerifier({ SUPABASE_URL: supabaseUrl });
    const [userId, exp] = [newId(), inSeconds(HOUR_SECONDS)];
    const claims = { exp, email: "ann@example.com", user_metadata: { role: "admin" } };
    expect(await verify(await sign(userId, claims))).toEqual({
      userId,
      email: "ann@example.com",
      role: undefined,
      expiresAt: new Date(exp * 1000),
    });
    const admin = await verify(await sign(userId, { app_metadata: { role: "admin" } }));
    expect(admin.role).toBe("admin");
  }));

test("only Supabase's own tokens for this project are accepted; others are rejected with a sentence", () =>
  withApi(async (api) => {
    const sub = newId();
    const stranger = await api.foreignKey();
    const valid = await api.sign(sub);
    const [header = "", payload = "", signature = ""] = valid.split(".");
    const none = Buffer.from(JSON.stringify({ alg: "none" })).toString("base64url");
    const tokens: Record<string, string> = {
      expired: await api.sign(sub, { exp: inSeconds(-60) }),
      "without expiry": await api.sign(sub, { exp: undefined }),
      "not valid yet": await api.sign(sub, { nbf: inSeconds(60) }),
      "another issuer": await api.sign(sub, { iss: "https://evil.example/auth/v1" }),
      "another audience": await api.sign(sub, { aud: "anon" }),
      "no subject": await api.sign("", {}),
      "a subject that is no uuid": await api.sign("root"),
      "a key that is not published": await api.signWith(stranger, "key-1", { sub }),
      "an unknown key id": await api.signWith(stranger, "key-99", { sub }),
      "alg none": `${none}.${payload}.`,
      "a changed payload": `${header}.${Buffer.from(JSON.stringify({ sub: newId() })).toString("base64url")}.${signature}`,
      garbage: "a.b.c",
      "15,000 characters": "x".repeat(15_000),
    };
    for (const [name, token] of Object.entries(tokens)) {
      const { status, body } = await api.call<ApiError>(token, "GET", "/api/apps");
      expect([name, status, body.error?.code]).toEqual([name, 401, "unauthenticated"]);
      expect(body.error.message).toMatch(
        /^(Your session has expired|The access token is not valid)\. Sign in again\.$/,
      );
    }
    const { body } = await api.call<ApiError>(tokens["expired"] ?? "", "GET", "/api/apps");
    expect(body.error.message).toBe("Your session has expired. Sign in again.");
    const headers = ["Basic abc", "Bearer", "Bearer a b", valid];
    for (const authorization of headers) {
      const answer = await api.call<ApiError>(null, "GET", "/api/apps", undefined, { authorization });
      expect([authorization, answer.status]).toEqual([authorization, 401]);
    }
    expect(api.logged().join("")).not.toContain(signature);
  }));

test("keys are fetched once for many requests, and a rotated key is found without a restart", () =>
  withKeys(async (keys) => {
    const verify = createVerifier({ SUPABASE_URL: keys.supabaseUrl }, undefined, { keysCooldownMs: 0 });
    const token = await keys.sign(newId());
    await Promise.all(Array.from({ length: 50 }, () => verify(token)));
    expect(keys.fetches()).toBe(1);
    await keys.rotate();
    await verify(await keys.sign(newId()));
    await verify(token);
    expect(keys.fetches()).toBe(2);
  }));

test("a key of another kind is taken from the day it is published", () =>
  withKeys(async (keys) => {
    const verify = createVerifier({ SUPABASE_URL: keys.supabaseUrl }, undefined, { keysCooldownMs: 0 });
    const userId = newId();
    await verify(await keys.sign(userId));
    await keys.rotate("RS256");
    expect((await verify(await keys.sign(userId))).userId).toBe(userId);
  }));

test("tokens with unknown key ids cause one fetch in the time of a cool-down, however many come", () =>
  withKeys(async (keys) => {
    const verify = createVerifier({ SUPABASE_URL: keys.supabaseUrl }, undefined, { keysCooldownMs: 60_000 });
    const stranger = await keys.foreignKey();
    const tokens = await Promise.all(
      Array.from({ length: 50 }, (_, index) => keys.signWith(stranger, `unknown-${index}`, { sub: newId() })),
    );
    for (const token of tokens)
      await expect(verify(token)).rejects.toMatchObject({ code: "unauthenticated" });
    await verify(await keys.sign(newId()));
    expect(keys.fetches()).toBe(1);
  }));

test("a token of the legacy secret is taken only where the secret is set, and no public key counts as one", () =>
  withKeys(async ({ supabaseUrl, sign, signWith }) => {
    const [secret, other] = ["a legacy secret of 32 characters", "another secret of 32 characters."];
    const open = createVerifier({ SUPABASE_URL: supabaseUrl, SUPABASE_JWT_SECRET: secret });
    const strict = createVerifier({ SUPABASE_URL: supabaseUrl });
    const sub = newId();
    const legacy = (text: string) => signWith(new TextEncoder().encode(text), "legacy", { sub }, "HS256");
    expect((await open(await legacy(secret))).userId).toBe(sub);
    expect((await open(await sign(sub))).userId).toBe(sub);
    const { keys } = (await (await fetch(`${supabaseUrl}/auth/v1/.well-known/jwks.json`)).json()) as {
      keys: object[];
    };
    const published = await legacy(JSON.stringify(keys[0]));
    const refused = [
      { verify: strict, token: await legacy(secret) },
      { verify: strict, token: published },
      { verify: open, token: await legacy(other) },
      { verify: open, token: published },
    ];
    for (const { verify, token } of refused)
      await expect(verify(token)).rejects.toMatchObject({ code: "unauthenticated" });
  }));

test("with the keys out of reach a sign-in cannot be checked: 503, not 401", () =>
  withApi(async (api) => {
    const token = await api.sign(newId());
    await api.close();
    const { status, body } = await api.call<ApiError>(token, "GET", "/api/apps");
    expect(status).toBe(503);
    expect(body.error).toEqual({
      code: "unavailable",
      message: "Sign-in cannot be checked right now. Try again in a moment.",
    });
  }));

test("the clock given decides what has expired", () =>
  withKeys(async ({ supabaseUrl, sign }) => {
    const token = await sign(newId());
    let now = new Date();
    const verify = createVerifier({ SUPABASE_URL: supabaseUrl }, () => now);
    await verify(token);
    now = new Date(Date.now() + 2 * HOUR_SECONDS * 1000);
    await expect(verify(token)).rejects.toMatchObject({ code: "unauthenticated" });
  }));
