import { randomBytes, randomUUID } from "node:crypto";
import { once } from "node:events";
import type { AddressInfo, Socket } from "node:net";
import { serve, type HttpBindings } from "@hono/node-server";
import type { JWTPayload } from "jose";
import { openAuthState } from "./auth/auth-state.ts";
import { DEV_USER_ID } from "./auth/local-users.ts";
import { isOwnUser } from "./auth/own-user.ts";
import { authRoutes } from "./auth/routes.ts";
import { tokenSigner } from "./auth/token-signer.ts";

export interface AuthOptions {
  /** Keeps keys, users and sessions between runs; none: in memory. */
  dataDir?: string;
  /** 0 (default) picks one. */
  port?: number;
  /** Origins of the web UI, for CORS and for signing in without a password. */
  origins?: string[];
  /** Of both local users; none: a random one. */
  localPassword?: string;
  now?: () => Date;
  /** Whether a connection comes from the user who runs this process; in tests, from whomever they say. */
  isOwnUser?: (socket: Socket) => Promise<boolean>;
  /** Told of what goes wrong in a call, which is answered with 500; none: it is printed. */
  onError?: (error: unknown) => void;
}

export interface LocalAuth {
  /** What `SUPABASE_URL` is set to. */
  url: string;
  port: number;
  /** Any non-empty key is accepted. */
  anonKey: string;
  /** Makes and deletes users under `/auth/v1/admin`; another one at each start. */
  serviceRoleKey: string;
  /** Of both local users. */
  localPassword: string;
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

/** Starts the stand-in for Supabase Auth on loopback. @throws when `port` is taken (EADDRINUSE) */
export const startAuth = async (options: AuthOptions = {}): Promise<LocalAuth> => {
  const now = options.now ?? (() => new Date());
  const localPassword = options.localPassword ?? randomBytes(12).toString("base64url");
  const serviceRoleKey = `sb_secret_${randomBytes(24).toString("base64url")}`;
  const file = await openAuthState(options.dataDir, localPassword);
  // The issuer holds the port, so the server listens before its routes exist.
  const handler: { fetch?: (request: Request, env: HttpBindings) => Response | Promise<Response> } = {};
  const server = serve({
    hostname: "127.0.0.1",
    port: options.port ?? 0,
    fetch: async (request, env) =>
      handler.fetch?.(request, env as HttpBindings) ?? new Response(null, { status: 503 }),
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
    serviceRoleKey,
    origins: options.origins ?? [],
    now,
    isOwnUser: options.isOwnUser ?? isOwnUser,
    onError: options.onError ?? console.error,
  }).fetch;
  return {
    url,
    port,
    anonKey: "sb_publishable_leo_local",
    serviceRoleKey,
    localPassword,
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
