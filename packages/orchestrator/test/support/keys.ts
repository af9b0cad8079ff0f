import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey } from "jose";

export interface TestKeys {
  supabaseUrl: string;
  /** An access token of a user as Supabase makes them; claims given override. */
  sign: (userId: string, claims?: Record<string, unknown>) => Promise<string>;
  /** From now on tokens are signed with a new key. */
  rotate: (algorithm?: "ES256" | "RS256") => Promise<void>;
  /** A private key that the endpoint does not know. */
  foreignKey: () => Promise<CryptoKey>;
  signWith: (
    key: CryptoKey | Uint8Array,
    kid: string,
    claims: Record<string, unknown>,
    algorithm?: string,
  ) => Promise<string>;
  /** How often the keys were fetched. */
  fetches: () => number;
  close: () => Promise<void>;
}

const makeKey = async (kid: string, alg = "ES256") => {
  const { privateKey, publicKey } = await generateKeyPair(alg);
  return { kid, alg, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, alg, use: "sig" } };
};

/** Runs with an endpoint that publishes real keys as Supabase Auth does. */
export const withKeys = async <T>(run: (keys: TestKeys) => Promise<T>): Promise<T> => {
  const keys = [await makeKey("key-1")];
  let fetches = 0;
  const server = createServer((request, response) => {
    if (request.url !== "/auth/v1/.well-known/jwks.json") {
      response.writeHead(404).end();
      return;
    }
    fetches += 1;
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ keys: keys.map(({ jwk }) => jwk) }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const supabaseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };

  const signWith: TestKeys["signWith"] = (key, kid, claims, alg = "ES256") =>
    new SignJWT({
      iss: `${supabaseUrl}/auth/v1`,
      aud: "authenticated",
      role: "authenticated",
      iat: Math.floor(Date.now() / 1000),
      exp: Math.floor(Date.now() / 1000) + 3600,
      ...claims,
    })
      .setProtectedHeader({ alg, kid })
      .sign(key);

  try {
    return await run({
      supabaseUrl,
      sign: (userId, claims = {}) => {
        const newest = keys.at(-1);
        if (!newest) throw new Error("no key");
        return signWith(newest.privateKey, newest.kid, { sub: userId, ...claims }, newest.alg);
      },
      rotate: async (algorithm) => void keys.push(await makeKey(`key-${keys.length + 1}`, algorithm)),
      foreignKey: async () => (await makeKey("foreign")).privateKey,
      signWith,
      fetches: () => fetches,
      close,
    });
  } finally {
    if (server.listening) await close();
  }
};
