import { authClient } from "../../../lib/session.ts";

/** @returns true when the address must be confirmed by e-mail before the first sign-in */
export const signUp = async (email: string, password: string): Promise<boolean> => {
  const { data, error } = await authClient().signUp({
    email,
    password,
    options: { emailRedirectTo: window.location.origin },
  });
  if (error) throw error;
  return data.session === null;
};
