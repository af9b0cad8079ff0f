import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { createClient, type SupabaseClient } from "@supabase/supabase-js";
import { createRemoteJWKSet, decodeJwt, jwtVerify } from "jose";
import { expect, test } from "vitest";
import { DEV_USER_ID, OTHER_USER_ID } from "../src/auth/local-users.ts";
import { withAuth, type TestAuth } from "../src/testing/auth.ts";

const DEV = { email: "dev@leo.local", password: "the password of this test" };
const ORIGIN = "http://localhost:5013";

const clientOf = ({ url, anonKey }: TestAuth): SupabaseClient =>
  createClient(url, anonKey, { auth: { autoRefreshToken: false, persistSession: false } });

const withClient = async (run: (client: SupabaseClient, auth: TestAuth) => Promise<void>): Promise<void> =>
  withAuth({ origins: [ORIGIN], localPassword: DEV.password }, async (auth) => run(clientOf(auth), auth));

test("signing in gives a token that the JWKS verifies, with Supabase's claims", async () => {
  await withClient(async (client, auth) => {
    const { data, error } = await client.auth.signInWithPassword(DEV);
    expect(error).toBeNull();
    expect(data.user).toMatchObject({ id: DEV_USER_ID, email: DEV.email, role: "authenticated" });
    const jwks = createRemoteJWKSet(new URL(`${auth.url}/auth/v1/.well-known/jwks.json`));
    const { payload, protectedHeader } = await jwtVerify(data.session?.access_token ?? "", jwks, {
      issuer: `${auth.url}/auth/v1`,
      audience: "authenticated",
    });
    expect(protectedHeader.alg).toBe("ES256");
    expect(payload).toMatchObject({
      sub: DEV_USER_ID,
      email: DEV.email,
      role: "authenticated",
      app_metadata: { role: "admin" },
      session_id: expect.any(String),
    });
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(3_600);
  });
});

test("the other user is no admin", async () => {
  await withClient(async (_, auth) => {
    const claims = decodeJwt(await auth.signIn("other@leo.local"));
    expect(claims.sub).toBe(OTHER_USER_ID);
    expect(claims.app_metadata).not.toHaveProperty("role");
  });
});

test("supabase-js checks claims against the JWKS by itself", async () => {
  await withClient(async (client) => {
    await client.auth.signInWithPassword(DEV);
    const { data, error } = await client.auth.getClaims();
    expect(error).toBeNull();
    expect(data?.claims.sub).toBe(DEV_USER_ID);
  });
});

test("a wrong password or an unknown user is the same error in Supabase's shape", async () => {
  await withClient(async (client) => {
    for (const credentials of [
      { ...DEV, password: "wrong" },
      { ...DEV, email: "nobody@leo.local" },
    ]) {
      const { error } = await client.auth.signInWithPassword(credentials);
      expect(error).toMatchObject({
        status: 400,
        code: "invalid_credentials",
        message: "Invalid login credentials",
      });
    }
  });
});

test("refreshing gives a new token pair; the old refresh token soon ends the session", async () => {
  let nowMs = Date.now();
  await withAuth({ now: () => new Date(nowMs), localPassword: DEV.password }, async (auth) => {
    const client = clientOf(auth);
    const { data } = await client.auth.signInWithPassword(DEV);
    const first = data.session?.refresh_token ?? "";
    const refresh = async (token: string) => client.auth.refreshSession({ refresh_token: token });
    const second = (await refresh(first)).data.session?.refresh_token ?? "";
    expect(second).not.toBe(first);
    expect((await refresh(first)).data.session?.refresh_token).toBe(second);
    nowMs += 11_000;
    expect((await refresh(first)).error).toMatchObject({ code: "refresh_token_already_used" });
    expect((await refresh(second)).error).toMatchObject({ code: "refresh_token_not_found" });
  });
});

test("getUser needs a session that is still open", async () => {
  await withClient(async (client) => {
    await client.auth.signInWithPassword(DEV);
    const { data: session } = await client.auth.getSession();
    const token = session.session?.access_token ?? "";
    expect((await client.auth.getUser(token)).data.user?.id).toBe(DEV_USER_ID);
    expect((await client.auth.signOut()).error).toBeNull();
    expect((await client.auth.getUser(token)).error).toMatchObject({ name: "AuthSessionMissingError" });
    expect((await client.auth.getUser("nonsense")).error).toMatchObject({ status: 403, code: "bad_jwt" });
  });
});

test("signing out elsewhere leaves this session open", async () => {
  await withAuth({ localPassword: DEV.password }, async (auth) => {
    const [here, there] = [clientOf(auth), clientOf(auth)];
    await here.auth.signInWithPassword(DEV);
    await there.auth.signInWithPassword(DEV);
    await here.auth.signOut({ scope: "others" });
    expect((await here.auth.getUser()).error).toBeNull();
    expect((await there.auth.getUser()).error).not.toBeNull();
  });
});

test("signing up makes a user who is signed in at once, once per address", async () => {
  await withClient(async (client) => {
    const credentials = { email: "new@example.com", password: "long enough" };
    const { data } = await client.auth.signUp({ ...credentials, options: { data: { name: "New" } } });
    expect(data.session?.access_token).toBeTruthy();
    expect(data.user?.user_metadata).toEqual({ name: "New" });
    expect((await client.auth.signUp(credentials)).error).toMatchObject({ code: "user_already_exists" });
    const weak = await client.auth.signUp({ email: "weak@example.com", password: "short" });
    expect(weak.error).toMatchObject({ name: "AuthWeakPasswordError" });
    await client.auth.updateUser({ password: "another one" });
    expect(
      (await client.auth.signInWithPassword({ ...credentials, password: "another one" })).error,
    ).toBeNull();
  });
});

test("user_metadata is the user's own, app_metadata is not", async () => {
  await withClient(async (client) => {
    await client.auth.signInWithPassword({ ...DEV, email: "other@leo.local" });
    await client.auth.updateUser({ data: { role: "admin" } });
    const { data } = await client.auth.refreshSession();
    const claims = decodeJwt(data.session?.access_token ?? "");
    expect(claims.user_metadata).toEqual({ role: "admin" });
    expect(claims.app_metadata).not.toHaveProperty("role");
  });
});

test("a banned user cannot sign in and has no session left", async () => {
  await withClient(async (client, auth) => {
    await client.auth.signInWithPassword(DEV);
    await auth.ban(DEV_USER_ID, new Date(Date.now() + 60_000));
    expect((await client.auth.getUser()).error).not.toBeNull();
    expect((await client.auth.signInWithPassword(DEV)).error).toMatchObject({ code: "user_banned" });
    await auth.ban(DEV_USER_ID);
    expect((await client.auth.signInWithPassword(DEV)).error).toBeNull();
  });
});

const continueHere = (auth: TestAuth, origin?: string) =>
  fetch(`${auth.url}/auth/v1/this-computer`, { method: "POST", headers: origin ? { origin } : {} });

test("only Leo's own page can sign in with one click", async () => {
  await withClient(async (client, auth) => {
    const answer = (await (await continueHere(auth, ORIGIN)).json()) as {
      access_token: string;
      refresh_token: string;
    };
    await client.auth.setSession(answer);
    expect((await client.auth.getUser()).data.user?.id).toBe(DEV_USER_ID);

    const others = [
      undefined,
      "null",
      "http://evil.example",
      "http://evil.example:5013",
      "https://localhost:5013",
      "http://localhost:5014",
      "http://0192f0c0-0000-7000-8000-000000000000.localhost:5013",
    ];
    for (const origin of others) {
      const refused = await continueHere(auth, origin);
      expect([origin, refused.status]).toEqual([origin, 403]);
      expect(await refused.text()).not.toContain("token");
    }
  });
});

test("nothing opens with a constant: passwords and the admin key are random", async () => {
  const keys = async () =>
    withAuth({}, async (auth) => {
      await expect(auth.signIn("dev@leo.local", "leo-local")).rejects.toThrow("Invalid login credentials");
      await auth.signIn("dev@leo.local", auth.localPassword);
      return [auth.localPassword, auth.serviceRoleKey];
    });
  expect(new Set([...(await keys()), ...(await keys())]).size).toBe(4);
});

test("another password closes what the one before has opened, for both local users", async () => {
  const dataDir = await mkdtemp(path.join(tmpdir(), "leo-auth-"));
  const session = await withAuth({ dataDir, localPassword: DEV.password }, async (auth) => {
    return (await clientOf(auth).auth.signInWithPassword(DEV)).data.session;
  });
  await withAuth({ dataDir, localPassword: "a new password" }, async (auth) => {
    const refresh = { refresh_token: session?.refresh_token ?? "" };
    expect((await clientOf(auth).auth.refreshSession(refresh)).error).not.toBeNull();
    for (const email of ["dev@leo.local", "other@leo.local"]) {
      await expect(auth.signIn(email, DEV.password)).rejects.toThrow("Invalid login credentials");
      await auth.signIn(email);
    }
  });
  await rm(dataDir, { recursive: true });
});

test("sign-in by link says that there is no mail here", async () => {
  await withClient(async (client) => {
    const { error } = await client.auth.signInWithOtp({ email: DEV.email });
    expect(error).toMatchObject({ code: "otp_disabled" });
  });
});

test("the web UI's origin may call, another may not", async () => {
  await withClient(async (_, auth) => {
    const preflight = async (origin: string) =>
      fetch(`${auth.url}/auth/v1/token?grant_type=password`, {
        method: "OPTIONS",
        headers: {
          origin,
          "access-control-request-method": "POST",
          "access-control-request-headers": "apikey,x-supabase-api-version",
        },
      });
    const allowed = await preflight(ORIGIN);
    expect(allowed.headers.get("access-control-allow-origin")).toBe(ORIGIN);
    expect(allowed.headers.get("access-control-allow-headers")).toContain("apikey");
    expect(
      (await preflight("http://evil.localhost:5013")).headers.get("access-control-allow-origin"),
    ).toBeNull();
  });
});

test("keys, users and sessions outlive a restart on the same port", async () => {
  const dataDir = await mkdtemp(path.join(tmpdir(), "leo-auth-"));
  const first = await withAuth({ dataDir, localPassword: DEV.password }, async (auth) => {
    const { data } = await clientOf(auth).auth.signInWithPassword(DEV);
    return { port: auth.port, session: data.session };
  });
  await withAuth({ dataDir, port: first.port, localPassword: DEV.password }, async (auth) => {
    const client = clientOf(auth);
    expect((await client.auth.getUser(first.session?.access_token)).data.user?.id).toBe(DEV_USER_ID);
    const refreshed = await client.auth.refreshSession({ refresh_token: first.session?.refresh_token ?? "" });
    expect(refreshed.error).toBeNull();
  });
  await rm(dataDir, { recursive: true });
});

test("a rotated key signs new tokens while old tokens stay valid", async () => {
  await withClient(async (client, auth) => {
    const { data } = await client.auth.signInWithPassword(DEV);
    await auth.rotateKey();
    const jwks = createRemoteJWKSet(new URL(`${auth.url}/auth/v1/.well-known/jwks.json`));
    const tokens = [data.session?.access_token ?? "", await auth.signIn()];
    const verified = await Promise.all(tokens.map(async (token) => jwtVerify(token, jwks)));
    expect(new Set(verified.map(({ protectedHeader }) => protectedHeader.kid)).size).toBe(2);
  });
});

test("any token can be made for a test: another user, another expiry", async () => {
  await withClient(async (client, auth) => {
    const token = await auth.issue({ sub: OTHER_USER_ID, expiresInSeconds: -1 });
    expect((await client.auth.getUser(token)).error).toMatchObject({ code: "bad_jwt" });
    expect(decodeJwt(token).sub).toBe(OTHER_USER_ID);
  });
});
