import { randomUUID } from "node:crypto";
import {
  errors,
  exportJWK,
  generateKeyPair,
  importJWK,
  jwtVerify,
  SignJWT,
  type JWK,
  type JWTPayload,
} from "jose";
import { AuthError } from "./auth-error.ts";
import type { AuthStateFile, Session, User } from "./auth-state.ts";

export const ACCESS_TOKEN_SECONDS = 3_600;

const ALGORITHM = "ES256";

export interface TokenSigner {
  /** Public keys, newest last. */
  jwks: () => { keys: JWK[] };
  /** Adds a key that signs from now on; tokens of the older keys stay valid. */
  rotate: () => Promise<void>;
  sign: (claims: JWTPayload) => Promise<string>;
  /** @throws AuthError `bad_jwt` */
  verify: (token: string) => Promise<JWTPayload>;
}

const newKey = async (): Promise<JWK> => {
  const { privateKey } = await generateKeyPair(ALGORITHM, { extractable: true });
  return { ...(await exportJWK(privateKey)), kid: randomUUID(), alg: ALGORITHM, use: "sig" };
};

const publicPart = ({ kty, crv, x, y, kid, alg, use }: JWK): JWK => ({
  kty,
  crv,
  x,
  y,
  kid,
  alg,
  use,
  key_ops: ["verify"],
});

/** Signs and verifies access tokens with the keys in the endpoint's state; makes the first key. */
export const tokenSigner = async (
  file: AuthStateFile,
  issuer: string,
  now: () => Date,
): Promise<TokenSigner> => {
  const keys = file.state.keys as JWK[];
  const rotate = async (): Promise<void> => {
    keys.push(await newKey());
    await file.save();
  };
  if (keys.length === 0) await rotate();
  const keyOf = async ({ kid }: { kid?: string }) => {
    const jwk = keys.find((key) => key.kid === kid);
    if (!jwk) throw new errors.JWKSNoMatchingKey();
    return importJWK(publicPart(jwk), ALGORITHM);
  };
  return {
    jwks: () => ({ keys: keys.map(publicPart) }),
    rotate,
    sign: async (claims) => {
      const key = keys.at(-1);
      if (!key?.kid) throw new Error("there is no signing key");
      return new SignJWT(claims)
        .setProtectedHeader({ alg: ALGORITHM, kid: key.kid, typ: "JWT" })
        .sign(await importJWK(key, ALGORITHM));
    },
    verify: async (token) => {
      try {
        const options = { issuer, audience: "authenticated", currentDate: now() };
        return (await jwtVerify(token, keyOf, options)).payload;
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        throw new AuthError(403, "bad_jwt", `invalid JWT: unable to parse or verify signature, ${why}`);
      }
    },
  };
};

/** The claims of Supabase's access tokens. */
export const accessClaims = (user: User, session: Session, issuer: string, now: Date): JWTPayload => {
  const issuedAt = Math.floor(now.getTime() / 1_000);
  return {
    iss: issuer,
    sub: user.id,
    aud: "authenticated",
    exp: issuedAt + ACCESS_TOKEN_SECONDS,
    iat: issuedAt,
    email: user.email,
    phone: "",
    app_metadata: user.appMetadata,
    user_metadata: user.userMetadata,
    role: "authenticated",
    aal: "aal1",
    amr: [{ method: "password", timestamp: issuedAt }],
    session_id: session.id,
    is_anonymous: false,
  };
};
