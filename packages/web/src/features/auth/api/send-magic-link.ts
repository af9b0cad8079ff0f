import { authClient } from "../../../lib/session.ts";

/** Sends an e-mail with a link that signs in. */
export const sendMagicLink = async (email: string): Promise<void> => {
  const { error } = await authClient().signInWithOtp({
    email,
    options: { emailRedirectTo: window.location.href },
  });
  if (error) throw error;
};
