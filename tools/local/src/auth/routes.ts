/** The calls under `/auth/v1` that `@supabase/supabase-js` makes for e-mail and password. */
import { randomUUID } from "node:crypto";
import type { Socket } from "node:net";
import type { HttpBindings } from "@hono/node-server";
import { Hono, type Context } from "hono";
import { cors } from "hono/cors";
import { z } from "zod";
import { AuthError, invalidCredentials, validationFailed } from "./auth-error.ts";
import type { AuthStateFile, Session, User } from "./auth-state.ts";
import { DEV_USER_ID } from "./local-users.ts";
import { hashPassword, passwordMatches } from "./password.ts";
import { closeSessions, openSession, refreshSession } from "./sessions.ts";
import { MISDIRECTED, namesThisMachine } from "@leo/core/this-machine.ts";
import { accessClaims, ACCESS_TOKEN_SECONDS, type TokenSigner } from "./token-signer.ts";
import { SETTINGS, userView } from "./user-view.ts";

export interface AuthRoutes {
  file: AuthStateFile;
  signer: TokenSigner;
  issuer: string;
  /** Opens the administrator's calls. */
  serviceRoleKey: string;
  /** Origins of the web UI, for CORS and for signing in without a password. */
  origins: string[];
  now: () => Date;
  isOwnUser: (socket: Socket) => Promise<boolean>;
  /** Told of what nobody expected, a full disk for instance. */
  onError: (error: unknown) => void;
}

const API_VERSION = "2024-01-01";
const PASSWORD_MIN_CHARS = 6;

const Credentials = z.object({ email: z.email(), password: z.string() });
const SignUp = Credentials.extend({ data: z.record(z.string(), z.unknown()).nullish() });
const Refresh = z.object({ refresh_token: z.string() });
const Change = z.object({
  password: z.string().optional(),
  data: z.record(z.string(), z.unknown()).optional(),
});

type AuthContext = Context<{ Bindings: HttpBindings }>;

const bodyOf = async <S extends z.ZodType>(context: Context, schema: S): Promise<z.infer<S>> => {
  const parsed = schema.safeParse(await context.req.json().catch(() => undefined));
  if (parsed.success) return parsed.data;
  throw validationFailed(z.prettifyError(parsed.error));
};

const checkPassword = (password: string): void => {
  if (password.length >= PASSWORD_MIN_CHARS) return;
  const message = `Password should be at least ${PASSWORD_MIN_CHARS} characters.`;
  throw new AuthError(422, "weak_password", message);
};

/** The routes as a Hono application. */
export const authRoutes = ({
  file,
  signer,
  issuer,
  serviceRoleKey,
  origins,
  now,
  isOwnUser,
  onError,
}: AuthRoutes): Hono<{ Bindings: HttpBindings }> => {
  const { state } = file;
  const app = new Hono<{ Bindings: HttpBindings }>().basePath("/auth/v1");
  app.use(async (context, next) => {
    if (namesThisMachine(context.req.header("host"))) return next();
    throw new AuthError(MISDIRECTED.status, "misdirected", MISDIRECTED.message);
  });

  const userByEmail = (email: string): User | undefined =>
    state.users.find((user) => user.email.toLowerCase() === email.toLowerCase());

  const userById = (id: string): User => {
    const user = state.users.find((candidate) => candidate.id === id);
    if (!user) throw new AuthError(403, "user_not_found", "User from sub claim in JWT does not exist");
    return user;
  };

  const checkBan = (user: User): void => {
    if (!user.bannedUntil || Date.parse(user.bannedUntil) <= now().getTime()) return;
    throw new AuthError(400, "user_banned", "User is banned");
  };

  const grant = async (user: User, session: Session) => {
    checkBan(user);
    const claims = accessClaims(user, session, issuer, now());
    await file.save();
    return {
      access_token: await signer.sign(claims),
      token_type: "bearer",
      expires_in: ACCESS_TOKEN_SECONDS,
      expires_at: claims.exp,
      refresh_token: session.refreshToken,
      user: userView(user),
    };
  };

  const signIn = async (user: User) => {
    checkBan(user);
    user.lastSignInAt = now().toISOString();
    return grant(user, openSession(state, user, now()));
  };

  const signedIn = async (context: Context): Promise<{ user: User; session: Session }> => {
    const [, token] = /^Bearer (.+)$/i.exec(context.req.header("authorization") ?? "") ?? [];
    if (!token) throw new AuthError(401, "no_authorization", "This endpoint requires a valid Bearer token");
    const claims = await signer.verify(token);
    const session = state.sessions.find(({ id }) => id === claims.session_id);
    if (!session) {
      throw new AuthError(403, "session_not_found", "Session from session_id claim in JWT does not exist");
    }
    return { user: userById(session.userId), session };
  };

  app.use(
    cors({
      origin: (origin) => (origins.includes(origin) ? origin : null),
      allowHeaders: ["authorization", "apikey", "content-type", "x-client-info", "x-supabase-api-version"],
      allowMethods: ["GET", "POST", "PUT", "OPTIONS"],
      exposeHeaders: ["x-supabase-api-version"],
      maxAge: 600,
    }),
  );
  app.use(async (context, next) => {
    await next();
    context.header("x-supabase-api-version", API_VERSION);
    context.header("cache-control", "no-store");
  });

  app.onError((error, context) => {
    const known =
      error instanceof AuthError ? error : new AuthError(500, "unexpected_failure", "Internal error");
    if (known !== error) onError(error);
    context.header("x-supabase-api-version", API_VERSION);
    return context.json({ code: known.code, message: known.message }, known.status);
  });

  app.get("/health", (context) =>
    context.json({ version: "local", name: "GoTrue", description: "local cloud" }),
  );
  app.get("/settings", (context) => context.json(SETTINGS));
  app.get("/.well-known/jwks.json", (context) => context.json(signer.jwks()));

  app.post("/token", async (context) => {
    const grantType = context.req.query("grant_type");
    if (grantType === "password") {
      const { email, password } = await bodyOf(context, Credentials);
      const user = userByEmail(email);
      if (!user || !(await passwordMatches(password, user.passwordHash))) throw invalidCredentials();
      return context.json(await signIn(user));
    }
    if (grantType === "refresh_token") {
      const { refresh_token: token } = await bodyOf(context, Refresh);
      const session = refreshSession(state, token, now());
      return context.json(await grant(userById(session.userId), session));
    }
    throw validationFailed("unsupported_grant_type");
  });

  const checkOwnUser = async ({ env }: AuthContext): Promise<void> => {
    if (await isOwnUser(env.incoming.socket)) return;
    throw new AuthError(
      403,
      "not_admin",
      "Another user of this machine runs Leo. Sign in with the password that npm start has printed.",
    );
  };

  /** Without a password, so only for Leo's own page: browsers tell the origin of a page's every POST. */
  app.post("/this-computer", async (context) => {
    if (!origins.includes(context.req.header("origin") ?? ""))
      throw new AuthError(403, "not_admin", "Only Leo's own page signs in without a password.");
    await checkOwnUser(context);
    return context.json(await signIn(userById(DEV_USER_ID)));
  });

  const addUser = async ({ email, password, data }: z.infer<typeof SignUp>): Promise<User> => {
    checkPassword(password);
    const passwordHash = await hashPassword(password);
    if (userByEmail(email)) throw new AuthError(422, "user_already_exists", "User already registered");
    const user: User = {
      id: randomUUID(),
      email: email.toLowerCase(),
      passwordHash,
      appMetadata: { provider: "email", providers: ["email"] },
      userMetadata: data ?? {},
      createdAt: now().toISOString(),
    };
    state.users.push(user);
    return user;
  };

  app.post("/signup", async (context) => {
    await checkOwnUser(context);
    return context.json(await signIn(await addUser(await bodyOf(context, SignUp))));
  });

  const checkAdministrator = (context: Context): void => {
    if (context.req.header("apikey") === serviceRoleKey) return;
    throw new AuthError(401, "no_authorization", "Invalid API key");
  };

  app.post("/admin/users", async (context) => {
    checkAdministrator(context);
    const user = await addUser(await bodyOf(context, SignUp));
    await file.save();
    return context.json(userView(user));
  });

  app.delete("/admin/users/:id", async (context) => {
    checkAdministrator(context);
    const user = userById(context.req.param("id"));
    state.users.splice(state.users.indexOf(user), 1);
    state.sessions = state.sessions.filter(({ userId }) => userId !== user.id);
    await file.save();
    return context.json(userView(user));
  });

  app.get("/user", async (context) => context.json(userView((await signedIn(context)).user)));

  app.put("/user", async (context) => {
    const { user } = await signedIn(context);
    const change = await bodyOf(context, Change);
    if (change.password !== undefined) {
      checkPassword(change.password);
      user.passwordHash = await hashPassword(change.password);
    }
    user.userMetadata = { ...user.userMetadata, ...change.data };
    await file.save();
    return context.json(userView(user));
  });

  app.post("/logout", async (context) => {
    const { session } = await signedIn(context);
    closeSessions(state, session, context.req.query("scope") ?? "global");
    await file.save();
    return context.body(null, 204);
  });

  app.post("/otp", () => {
    throw new AuthError(
      422,
      "otp_disabled",
      "Sign-ins by e-mail link need a mail server; use the password here",
    );
  });
  app.post("/recover", () => {
    throw new AuthError(422, "email_provider_disabled", "There is no mail server on this machine");
  });
  app.get("/authorize", () => {
    throw validationFailed("Unsupported provider: provider is not enabled");
  });
  app.notFound((context) => context.json({ code: "not_found", message: "Not found" }, 404));

  return app;
};
