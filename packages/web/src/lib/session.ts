/** The signed-in user. One client per page, made once the server has told where Supabase is. */
import { GoTrueClient, isAuthRetryableFetchError, type Session } from "@supabase/auth-js";
import { useSyncExternalStore } from "react";
import type { PublicConfig } from "@leo/core/api.ts";
import { createListeners } from "./listeners.ts";

let client: GoTrueClient | undefined;
let session: Session | null = null;
/** The user whose session ended although they did not sign out here. */
let endedUserId: string | undefined;
let isLeaving = false;
const { subscribe, notify } = createListeners();

const setSession = (next: Session | null) => {
  endedUserId = next || isLeaving ? undefined : (endedUserId ?? session?.user.id);
  session = next;
  notify();
};

/** The client that `startSession` made. Throws when it was not called. */
export const authClient = (): GoTrueClient => {
  if (!client) throw new Error("The session has not been started.");
  return client;
};

const NO_CONTENT = 204;

/** Answers by which the auth server says that a session is over. */
const REFUSALS = [400, 401, 403];

/**
 * The client compares `expires_at`, a time of the server's, with this browser's clock. One that is hours ahead
 * would take every new token for a run-out one, and ask for another each time it is needed.
 */
const byOwnClock = async (response: Response): Promise<Response> => {
  const body = (await response.json()) as { expires_in?: number } | null;
  const { expires_in: lifeSeconds } = body ?? {};
  const expiry =
    lifeSeconds === undefined ? {} : { expires_at: Math.floor(Date.now() / 1_000) + lifeSeconds };
  const { status, headers } = response;
  return Response.json(Array.isArray(body) ? body : { ...body, ...expiry }, { status, headers });
};

/**
 * Only the auth server, in its own form, can refuse a session. Whatever else comes instead of a new token (too
 * many requests, a proxy's page) is thrown, which the client takes for a broken connection: it keeps the session
 * and tries again.
 */
const fetchAuth: typeof fetch = async (input, init) => {
  const response = await fetch(input, init);
  const isRefresh = response.url.includes("grant_type=refresh_token");
  const isJson = response.headers.get("content-type")?.includes("json");
  if (response.ok && isJson && response.status !== NO_CONTENT) return byOwnClock(response);
  if (!isRefresh || response.ok || (REFUSALS.includes(response.status) && isJson)) return response;
  throw new Error(`A refresh of the token was answered with status ${response.status}.`);
};

const STORAGE_KEY = "leo.session";

/** Whose session this browser has, good or not. */
const readStoredUserId = (): string | undefined => {
  const stored = localStorage.getItem(STORAGE_KEY);
  return stored === null ? undefined : (JSON.parse(stored) as Partial<Session>).user?.id;
};

/**
 * Makes the auth client and reads the stored session; resolves when it is known who is signed in.
 * Throws when the stored session has run out and the auth server is out of reach: it may still be a good one.
 */
export const startSession = async (config: PublicConfig): Promise<void> => {
  client = new GoTrueClient({
    url: `${config.supabaseUrl}/auth/v1`,
    headers: { apikey: config.supabaseAnonKey, Authorization: `Bearer ${config.supabaseAnonKey}` },
    storageKey: STORAGE_KEY,
    autoRefreshToken: true,
    persistSession: true,
    detectSessionInUrl: true,
    flowType: "pkce",
    fetch: fetchAuth,
  });
  const storedUserId = readStoredUserId();
  const { data, error } = await client.getSession();
  if (isAuthRetryableFetchError(error)) throw error;
  if (!data.session) endedUserId = storedUserId;
  setSession(data.session);
  client.onAuthStateChange((_event, next) => setSession(next));
};

/** A token that is valid now, refreshed when needed; undefined when nobody is signed in. */
export const accessToken = async (): Promise<string | undefined> => {
  const { data } = await authClient().getSession();
  return data.session?.access_token;
};

/**
 * Asks for a new token although the old one looks valid: the server has refused it. When the auth server
 * refuses a new one too, the user is signed out.
 * @returns false when the auth server is out of reach: the session stays, and asking again may help
 */
export const renewSession = async (): Promise<boolean> => {
  const { error } = await authClient().refreshSession();
  if (isAuthRetryableFetchError(error)) return false;
  if (REFUSALS.includes(error?.status ?? 0)) await authClient().signOut({ scope: "local" });
  return true;
};

export const onSession = subscribe;

/** Ends the session in this browser because its user wants it to end. */
export const leave = async (): Promise<void> => {
  isLeaving = true;
  try {
    const { error } = await authClient().signOut({ scope: "local" });
    if (error) throw error;
  } finally {
    isLeaving = false;
  }
};

export const currentUserId = () => session?.user.id;

export const useSession = (): Session | null => useSyncExternalStore(onSession, () => session);

/** Whose session has ended by itself, as long as nobody has signed in again. */
export const useEndedUserId = (): string | undefined => useSyncExternalStore(onSession, () => endedUserId);

/** Whether the operator's page is for them. Only what is shown depends on it; the server asks the token. */
export const useIsAdmin = () => useSession()?.user.app_metadata["role"] === "admin";
