import { authClient } from "../../../lib/session.ts";

/** Ends the session in this browser. */
export const signOut = async (): Promise<void> => {
  const { error } = await authClient().signOut({ scope: "local" });
  if (error) throw error;
};
