import { createRemoteJWKSet, errors, jwtVerify, type JWTPayload, type JWTVerifyGetKey } from "jose";
import { z } from "zod";
import { Id } from "@leo/core/id.ts";
import type { Config } from "../config.ts";
import { ApiFault } from "../fault.ts";
import type { Session } from "../account/sessions.ts";

export interface User {
  userId: string;
  email?: string;
  /** From `app_metadata`, which only the service can write. */
  role?: string;
  expiresAt: Date;
  /** The sign-in that the token comes from, if it names one. */
  session?: Session;
}

/** @throws ApiFault `unauthenticated`, or `unavailable` when the keys cannot be read */
export type Verifier = (token: string) => Promise<User>;

/** Keys are fetched again after this time, and at once when a token names an unknown key. */
const KEYS_MAX_AGE_MS = 10 * 60_000;
const KEYS_COOLDOWN_MS = 5_000;
const KEYS_TIMEOUT_MS = 3_000;
/** How far the clocks of Supabase and Leo may differ. */
const CLOCK_TOLERANCE_SECONDS = 5;
const PUBLISHED_ALGORITHMS = ["ES256", "RS256"];
const TOKEN_MAX_CHARS = 16_384;

const Claims = z.object({
  sub: Id,
  exp: z.number(),
  iat: z.number().optional().catch(undefined),
  session_id: Id.optional().catch(undefined),
  email: z.string().optional().catch(undefined),
  app_metadata: z
    .object({ role: z.string().optional().catch(undefined) })
    .optional()
    .catch(undefined),
});

const invalid = () => new ApiFault("unauthenticated", "The access token is not valid. Sign in again.");

/** An error of the key endpoint isn't the caller's fault, so the two are told apart where they arise. */
const reachable =
  (keys: JWTVerifyGetKey): JWTVerifyGetKey =>
  async (header, token) => {
    try {
      return await keys(header, token);
    } catch (error) {
      if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys)
        throw error;
      if (error instanceof errors.JOSENotSupported) throw error;
      throw new ApiFault(
        "unavailable",
        "Sign-in cannot be checked right now. Try again in a moment.",
        undefined,
        error,
      );
    }
  };

const toUser = (payload: JWTPayload): User => {
  const { sub, exp, iat, email, app_metadata, session_id: id } = Claims.parse(payload);
  return {
    userId: sub,
    email,
    role: app_metadata?.role,
    expiresAt: new Date(exp * 1000),
    ...(id && iat !== undefined ? { session: { id, tokenMs: (exp - iat) * 1000 } } : {}),
  };
};

export interface VerifierOptions {
  /** How soon after a fetch an unknown key id may cause another. */
  keysCooldownMs?: number;
  /** Whether the user has signed out of a session, whose tokens are then rejected. */
  isEnded?: (sessionId: string) => boolean;
}

/**
 * Verifies Supabase access tokens; no call per request. Tokens are signed with the project's published
 * keys (ES256, RS256), or with its legacy secret (HS256) where that is set.
 * @param now the clock
 */
export const createVerifier = (
  { SUPABASE_URL, SUPABASE_JWT_SECRET }: Pick<Config, "SUPABASE_URL" | "SUPABASE_JWT_SECRET">,
  now: () => Date = () => new Date(),
  { keysCooldownMs = KEYS_COOLDOWN_MS, isEnded = () => false }: VerifierOptions = {},
): Verifier => {
  const issuer = `${SUPABASE_URL.replace(/\/+$/, "")}/auth/v1`;
  const published = reachable(
    createRemoteJWKSet(new URL(`${issuer}/.well-known/jwks.json`), {
      cacheMaxAge: KEYS_MAX_AGE_MS,
      cooldownDuration: keysCooldownMs,
      timeoutDuration: KEYS_TIMEOUT_MS,
    }),
  );
  const secret = SUPABASE_JWT_SECRET && new TextEncoder().encode(SUPABASE_JWT_SECRET);
  // The algorithm decides which kind of key is used, so a published key is never taken for a secret.
  const keys: JWTVerifyGetKey = (header, token) =>
    secret && header.alg === "HS256" ? secret : published(header, token);

  const check = async (token: string): Promise<User> => {
    try {
      const { payload } = await jwtVerify(token, keys, {
        issuer,
        audience: "authenticated",
        algorithms: secret ? [...PUBLISHED_ALGORITHMS, "HS256"] : PUBLISHED_ALGORITHMS,
        requiredClaims: ["sub", "exp"],
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
        currentDate: now(),
      });
      return toUser(payload);
    } catch (error) {
      if (error instanceof errors.JWTExpired) {
        throw new ApiFault("unauthenticated", "Your session has expired. Sign in again.");
      }
      if (error instanceof errors.JOSEError || error instanceof z.ZodError) throw invalid();
      throw error;
    }
  };

  return async (token) => {
    if (token.length > TOKEN_MAX_CHARS) throw invalid();
    const user = await check(token);
    if (user.session && isEnded(user.session.id))
      throw new ApiFault("unauthenticated", "You have signed out. Sign in again.");
    return user;
  };
};
