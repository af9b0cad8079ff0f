import { authClient } from "../../../lib/session.ts";

/** Throws with a sentence for the user when the pair is not accepted. */
export const signIn = async (email: string, password: string): Promise<void> => {
  const { error } = await authClient().signInWithPassword({ email, password });
  if (error) throw new Error(signInMessage(error.message), { cause: error });
};

const signInMessage = (message: string) =>
  /invalid.*(credentials|grant)/i.test(message) ? "E-mail and password do not match." : message;
