import { ShownError } from "../../../lib/errors.ts";
import { authClient } from "../../../lib/session.ts";

/** Signs in. @throws ShownError when the pair is not accepted, or what the auth client reports */
export const signIn = async (email: string, password: string): Promise<void> => {
  const { error } = await authClient().signInWithPassword({ email, password });
  if (error && /invalid.*(credentials|grant)/i.test(error.message))
    throw new ShownError("Wrong email or password.", { cause: error });
  if (error) throw error;
};
