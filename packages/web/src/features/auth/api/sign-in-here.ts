import type { PublicConfig } from "@leo/core/api.ts";
import { overNetwork, ShownError } from "../../../lib/errors.ts";
import { authClient } from "../../../lib/session.ts";

interface Answer {
  access_token?: string;
  refresh_token?: string;
  message?: string;
}

/**
 * Signs in as the local user without a password, which the local cloud allows Leo's own page on this computer.
 * @throws ShownError with the reason when it does not, NetworkError when it is out of reach
 */
export const signInHere = async ({ supabaseUrl, supabaseAnonKey }: PublicConfig): Promise<void> => {
  const response = await overNetwork(
    fetch(`${supabaseUrl}/auth/v1/this-computer`, { method: "POST", headers: { apikey: supabaseAnonKey } }),
  );
  const answer = JSON.parse(await overNetwork(response.text())) as Answer;
  const { access_token, refresh_token, message } = answer;
  if (!access_token || !refresh_token)
    throw new ShownError(message ?? "You can't sign in without a password here.");
  const { error } = await authClient().setSession({ access_token, refresh_token });
  if (error) throw error;
};
