import { exportJWK, generateKeyPair } from "jose";
import { expect, test } from "vitest";
import { withAuth } from "@leo/local/testing/auth.ts";
import { supabaseCheck } from "../src/checks/supabase.ts";
import { closedUrl, type Reply, withServer } from "./support/stand-in.ts";
import { SECRETS, targetWith, told } from "./support/target.ts";

const at = async (url: string) =>
  told(supabaseCheck, targetWith({ secrets: { ...SECRETS, SupabaseUrl: url } }));

const JWKS = "/auth/v1/.well-known/jwks.json";

/** What is said of a project with these keys; its other answers are in order. */
const withKeys = async (jwks: Reply, settings: Reply = {}) =>
  withServer(({ path }) => (path === JWKS ? jwks : settings), at);

const publicKey = async () => {
  const { publicKey: key } = await generateKeyPair("ES256");
  return { ...(await exportJWK(key)), kid: "1", alg: "ES256" };
};

test("the local auth endpoint passes, as Supabase does, also after a rotation", async () => {
  await withAuth({}, async ({ url, rotateKey }) => {
    expect(await at(url)).toEqual(["ok: reachable, 1 signing key", "ok: the publishable key is accepted"]);
    await rotateKey();
    expect(await at(`${url}/`)).toContain("ok: reachable, 2 signing keys");
  });
});

test("a project that signs with its legacy secret is good only where that is set", async () => {
  const SupabaseJwtSecret = "0123456789abcdef0123456789abcdef";
  const lines = await withServer(
    ({ path }) => (path === JWKS ? { body: { keys: [] } } : {}),
    (SupabaseUrl) =>
      told(supabaseCheck, targetWith({ secrets: { ...SECRETS, SupabaseUrl, SupabaseJwtSecret } })),
  );
  expect(lines[0]).toBe(
    "warning: it publishes no key: the project signs with a shared secret, and SupabaseJwtSecret holds one",
  );
});

test("keys that Leo cannot or must not verify with are refused", async () => {
  const line = async (keys: unknown) => (await withKeys({ body: { keys } }))[0];
  expect(await line([])).toBe("failure: it publishes no key: the project signs with a shared secret");
  expect(await line([{ kty: "oct", k: "c2VjcmV0", alg: "HS256" }])).toBe(
    "failure: its keys (JWKS) hold a secret one that anybody can read",
  );
  expect(await line([{ ...(await publicKey()), d: "c2VjcmV0" }])).toBe(
    "failure: its keys (JWKS) hold a secret one that anybody can read",
  );
  expect(await line([{ ...(await publicKey()), alg: "EdDSA" }])).toBe(
    "failure: none of its keys is ES256 or RS256, which Leo verifies",
  );
  expect(await line([await publicKey(), { ...(await publicKey()), x: "?" }])).toBe(
    "failure: 1 of its 2 keys can't be read",
  );
  expect((await withKeys({ body: "<html>" }))[0]).toBe(
    "failure: the keys (JWKS) are not what Supabase Auth publishes",
  );
});

test("another project's key, an address that is none, and a project that is away", async () => {
  const keys = { body: { keys: [await publicKey()] } };
  expect((await withKeys(keys, { status: 401 }))[1]).toBe(
    "failure: the project doesn't know SupabaseAnonKey",
  );
  expect((await withKeys(keys, { status: 503 }))[1]).toBe("failure: sign-in returns 503");
  expect(await withKeys({ status: 404 })).toEqual(["failure: its keys (JWKS) return 404"]);
  const closed = await closedUrl();
  expect(await at(closed)).toEqual([
    `failure: ${new URL(closed).host} can't be reached: the connection is refused`,
  ]);
});
