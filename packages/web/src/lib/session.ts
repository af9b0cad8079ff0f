/** The signed-in user. One client per page, made once the server has told where Supabase is. */
import { GoTrueClient, type Session } from "@supabase/auth-js";
import { useSyncExternalStore } from "react";
import type { PublicConfig } from "@leo/core/api.ts";

let client: GoTrueClient | undefined;
let session: Session | null = null;
const listeners = new Set<() => void>();

const publish = (next: Session | null) => {
  session = next;
  for (const listener of listeners) listener();
};

/** The client that `startSession` made. Throws when it was not called. */
export const authClient = (): GoTrueClient => {
  if (!client) throw new Error("The session has not been started.");
  return client;
};

/** Makes the auth client and reads the stored session; resolves when it is known who is signed in. */
export const startSession = async (config: PublicConfig): Promise<void> => {
  client = new GoTrueClient({
    url: `${config.supabaseUrl}/auth/v1`,
    headers: { apikey: config.supabaseAnonKey, Authorization: `Bearer ${config.supabaseAnonKey}` },
    storageKey: "leo.session",
    autoRefreshToken: true,
    persistSession: true,
    detectSessionInUrl: true,
    flowType: "pkce",
  });
  const { data } = await client.getSession();
  publish(data.session);
  client.onAuthStateChange((_event, next) => publish(next));
};

/** A token that is valid now, refreshed when needed; undefined when nobody is signed in. */
export const accessToken = async (): Promise<string | undefined> => {
  const { data } = await authClient().getSession();
  return data.session?.access_token;
};

/** Asks for a new token although the old one looks valid: the server has refused it. */
export const renewSession = async (): Promise<void> => {
  const { error } = await authClient().refreshSession();
  if (error) await authClient().signOut({ scope: "local" });
};

export const onSession = (listener: () => void) => {
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
};

export const currentUserId = () => session?.user.id;

export const useSession = (): Session | null => useSyncExternalStore(onSession, () => session);

/** Whether the operator's page is for them. Only what is shown depends on it; the server asks the token. */
export const useIsAdmin = () => useSession()?.user.app_metadata["role"] === "admin";
