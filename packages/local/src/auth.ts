import { randomUUID } from "node:crypto";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import type { JWTPayload } from "jose";
import { openAuthState } from "./auth/auth-state.ts";
import { DEV_USER_ID } from "./auth/local-users.ts";
import { authRoutes } from "./auth/routes.ts";
import { tokenSigner } from "./auth/token-signer.ts";

export interface AuthOptions {
  /** Keeps keys, users and sessions between runs; none: in memory. */
  dataDir?: string;
  /** 0 (default) picks one. */
  port?: number;
  /** Origins of the web UI, for CORS. */
  origins?: string[];
  now?: () => Date;
}

export interface LocalAuth {
  /** What `SUPABASE_URL` is set to. */
  url: string;
  port: number;
  /** Any non-empty key is accepted. */
  anonKey: string;
  /** Makes and deletes users under `/auth/v1/admin`. */
  serviceRoleKey: string;
  /** Issuer of the access tokens. */
  issuer: string;
  /** An access token with these claims, for any user and any expiry; no session stands behind it. */
  issue: (claims?: JWTPayload & { expiresInSeconds?: number }) => Promise<string>;
  /** Signs with a new key from now on; the old one stays in the JWKS. */
  rotateKey: () => Promise<void>;
  /** Refuses the user until then and ends all sessions; no date lifts the ban. */
  ban: (userId: string, until?: Date) => Promise<void>;
  stop: () => Promise<void>;
}

const SERVICE_ROLE_KEY = "sb_secret_leo_local";

/** Starts the stand-in for Supabase Auth on loopback. @throws when `port` is taken (EADDRINUSE) */
export const startAuth = async (options: AuthOptions = {}): Promise<LocalAuth> => {
  const now = options.now ?? (() => new Date());
  const file = await openAuthState(options.dataDir);
  // The issuer holds the port, so the server listens before its routes exist.
  const handler: { fetch?: (request: Request) => Response | Promise<Response> } = {};
  const server = serve({
    hostname: "127.0.0.1",
    port: options.port ?? 0,
    fetch: async (request) => handler.fetch?.(request) ?? new Response(null, { status: 503 }),
  });
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  const issuer = `${url}/auth/v1`;
  const signer = await tokenSigner(file, issuer, now);
  handler.fetch = authRoutes({
    file,
    signer,
    issuer,
    serviceRoleKey: SERVICE_ROLE_KEY,
    origins: options.origins ?? [],
    now,
  }).fetch;
  return {
    url,
    port,
    anonKey: "sb_publishable_leo_local",
    serviceRoleKey: SERVICE_ROLE_KEY,
    issuer,
    issue: async ({ expiresInSeconds = 3_600, ...claims } = {}) => {
      const issuedAt = Math.floor(now().getTime() / 1_000);
      return signer.sign({
        iss: issuer,
        aud: "authenticated",
        role: "authenticated",
        sub: DEV_USER_ID,
        session_id: randomUUID(),
        app_metadata: {},
        user_metadata: {},
        iat: issuedAt,
        exp: issuedAt + expiresInSeconds,
        ...claims,
      });
    },
    rotateKey: async () => signer.rotate(),
    ban: async (userId, until) => {
      const user = file.state.users.find(({ id }) => id === userId);
      if (user) user.bannedUntil = until?.toISOString();
      if (until) file.state.sessions = file.state.sessions.filter((session) => session.userId !== userId);
      await file.save();
    },
    stop: async () => {
      const closed = once(server, "close");
      server.close();
      if ("closeAllConnections" in server) server.closeAllConnections();
      await closed;
    },
  };
};
