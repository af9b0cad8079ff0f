import type { Provider } from "@supabase/auth-js";
import { authClient } from "../../../lib/session.ts";

/** Leaves the page for the provider; it comes back to where it was. */
export const signInWithProvider = async (provider: Provider): Promise<void> => {
  const { error } = await authClient().signInWithOAuth({
    provider,
    options: { redirectTo: window.location.href },
  });
  if (error) throw error;
};
