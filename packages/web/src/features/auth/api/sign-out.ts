import { forgetDrafts } from "../../../lib/draft.ts";
import { request } from "../../../lib/http.ts";
import { currentUserId, leave } from "../../../lib/session.ts";

/**
 * Ends the session, first on the server, so that its tokens are refused and its sockets close. Without
 * a server, or for a suspended user, it ends in this browser all the same. Nothing that was typed stays
 * behind: the next person at this browser may be somebody else.
 */
export const signOut = async (): Promise<void> => {
  await request("/api/session/end", { method: "POST" }).catch(() => undefined);
  const userId = currentUserId();
  await leave();
  if (userId !== undefined) forgetDrafts(userId);
};
