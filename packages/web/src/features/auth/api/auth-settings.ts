import type { Provider } from "@supabase/auth-js";
import { queryOptions } from "@tanstack/react-query";
import type { PublicConfig } from "@leo/core/api.ts";
import { overNetwork } from "../../../lib/errors.ts";

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

const read = async ({ supabaseUrl, supabaseAnonKey, mode }: PublicConfig): Promise<AuthSettings> => {
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
  queryOptions({ queryKey: ["auth-settings"], queryFn: () => read(config), staleTime: Infinity });
