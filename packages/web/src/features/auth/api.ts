/** Signing in and out. Supabase does it; Leo's server only ends a session. */
import type { Provider } from "@supabase/auth-js";
import { mutationOptions, queryOptions } from "@tanstack/react-query";
import type { PublicConfig } from "@leo/core/api.ts";
import { forgetDrafts } from "../../lib/draft.ts";
import { overNetwork, ShownError } from "../../lib/errors.ts";
import { api } from "../../lib/http.ts";
import { authClient, currentUserId, leave } from "../../lib/session.ts";

/** Sign-in providers with a button of their own, in the order they are offered. */
export const PROVIDERS: readonly { id: Provider; name: string }[] = [
  { id: "github", name: "GitHub" },
  { id: "google", name: "Google" },
  { id: "gitlab", name: "GitLab" },
  { id: "azure", name: "Microsoft" },
  { id: "apple", name: "Apple" },
];

interface AuthSettings {
  providers: readonly { id: Provider; name: string }[];
  signUp: boolean;
}

interface GoTrueSettings {
  external?: Record<string, boolean>;
  disable_signup?: boolean;
}

const NONE: AuthSettings = { providers: [], signUp: false };

const readSettings = async ({ supabaseUrl, supabaseAnonKey, mode }: PublicConfig): Promise<AuthSettings> => {
  // The local users are fixed.
  if (mode === "local") return NONE;
  const response = await overNetwork(
    fetch(`${supabaseUrl}/auth/v1/settings`, { headers: { apikey: supabaseAnonKey } }),
  );
  if (!response.ok) return { providers: [], signUp: true };
  const settings = JSON.parse(await overNetwork(response.text())) as GoTrueSettings;
  return {
    providers: PROVIDERS.filter(({ id }) => settings.external?.[id]),
    signUp: settings.disable_signup !== true,
  };
};

/** What this Supabase project lets people sign in with. */
export const authSettingsQuery = (config: PublicConfig) =>
  queryOptions({ queryKey: ["auth-settings"], queryFn: () => readSettings(config), staleTime: Infinity });

/** Signs in. @throws ShownError when the pair is wrong, or what the auth client reports */
export const signIn = async (email: string, password: string): Promise<void> => {
  const { error } = await authClient().signInWithPassword({ email, password });
  if (error && /invalid.*(credentials|grant)/i.test(error.message))
    throw new ShownError("Wrong email or password.", { cause: error });
  if (error) throw error;
};

/** @returns true when the address must be confirmed by email before the first sign-in */
export const signUp = async (email: string, password: string): Promise<boolean> => {
  const { data, error } = await authClient().signUp({
    email,
    password,
    options: { emailRedirectTo: window.location.origin },
  });
  if (error) throw error;
  return data.session === null;
};

/** Sends an email with a link that signs in. */
export const sendMagicLink = async (email: string): Promise<void> => {
  const { error } = await authClient().signInWithOtp({
    email,
    options: { emailRedirectTo: window.location.href },
  });
  if (error) throw error;
};

/** Leaves the page for the provider; it comes back to where it was. */
export const providerSignInMutation = mutationOptions({
  mutationFn: async (provider: Provider): Promise<void> => {
    const { error } = await authClient().signInWithOAuth({
      provider,
      options: { redirectTo: window.location.href },
    });
    if (error) throw error;
  },
});

interface LocalSession {
  access_token?: string;
  refresh_token?: string;
  message?: string;
}

/**
 * Signs in as the local user without a password, which the local cloud allows Leo's own page on this computer.
 * Fails with a ShownError that has the reason when it does not, and with a NetworkError when it is out of reach.
 */
export const localSignInMutation = ({ supabaseUrl, supabaseAnonKey }: PublicConfig) =>
  mutationOptions({
    mutationFn: async (): Promise<void> => {
      const response = await overNetwork(
        fetch(`${supabaseUrl}/auth/v1/this-computer`, {
          method: "POST",
          headers: { apikey: supabaseAnonKey },
        }),
      );
      const answer = JSON.parse(await overNetwork(response.text())) as LocalSession;
      const { access_token, refresh_token, message } = answer;
      if (!access_token || !refresh_token)
        throw new ShownError(message ?? "You can't sign in without a password here.");
      const { error } = await authClient().setSession({ access_token, refresh_token });
      if (error) throw error;
    },
  });

/**
 * Ends the session, first on the server, so that its tokens are rejected and its sockets close. Without
 * a server, or for a suspended user, it ends in this browser all the same. Nothing that was typed stays
 * behind: the next person at this browser may be somebody else.
 */
export const signOutMutation = mutationOptions({
  mutationFn: async (): Promise<void> => {
    await api.session.end.$post().catch(() => undefined);
    const userId = currentUserId();
    await leave();
    if (userId !== undefined) forgetDrafts(userId);
  },
});
