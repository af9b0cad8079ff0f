import { request } from "../../../lib/http.ts";
import { authClient } from "../../../lib/session.ts";

/**
 * Ends the session, first on the server, so that its tokens are refused and its sockets close. Without
 * a server, or for a suspended user, it ends in this browser all the same.
 */
export const signOut = async (): Promise<void> => {
  await request("/api/session/end", { method: "POST" }).catch(() => undefined);
  const { error } = await authClient().signOut({ scope: "local" });
  if (error) throw error;
};
