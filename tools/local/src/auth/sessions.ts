import { randomBytes, randomUUID } from "node:crypto";
import { AuthError } from "./auth-error.ts";
import type { AuthState, Session, User } from "./auth-state.ts";

/** How long the refresh token before the present one still works. */
const REUSE_MS = 10_000;
const USED_TOKENS_KEPT = 50;

const newToken = (): string => randomBytes(9).toString("base64url");

export const openSession = (state: AuthState, user: User, now: Date): Session => {
  const session: Session = {
    id: randomUUID(),
    userId: user.id,
    refreshToken: newToken(),
    rotatedAt: now.toISOString(),
    usedTokens: [],
  };
  state.sessions.push(session);
  return session;
};

const rotate = (session: Session, now: Date): void => {
  if (session.previousToken) session.usedTokens.push(session.previousToken);
  session.usedTokens = session.usedTokens.slice(-USED_TOKENS_KEPT);
  session.previousToken = session.refreshToken;
  session.refreshToken = newToken();
  session.rotatedAt = now.toISOString();
};

/**
 * Takes a refresh token and gives its session with the next one.
 * @throws AuthError when it is unknown, or used before: then the session is over
 */
export const refreshSession = (state: AuthState, refreshToken: string, now: Date): Session => {
  const current = state.sessions.find((session) => session.refreshToken === refreshToken);
  if (current) {
    rotate(current, now);
    return current;
  }
  const reused = state.sessions.find(
    ({ previousToken, usedTokens }) => previousToken === refreshToken || usedTokens.includes(refreshToken),
  );
  if (!reused) {
    throw new AuthError(400, "refresh_token_not_found", "Invalid Refresh Token: Refresh Token Not Found");
  }
  const sinceRotationMs = now.getTime() - Date.parse(reused.rotatedAt);
  if (reused.previousToken === refreshToken && sinceRotationMs <= REUSE_MS) return reused;
  state.sessions = state.sessions.filter((session) => session !== reused);
  throw new AuthError(400, "refresh_token_already_used", "Invalid Refresh Token: Already Used");
};

/** Ends sessions of a user: this one, all the others, or all. */
export const closeSessions = (state: AuthState, session: Session, scope: string): void => {
  state.sessions = state.sessions.filter((other) => {
    if (other.userId !== session.userId) return true;
    if (scope === "local") return other.id !== session.id;
    if (scope === "others") return other.id === session.id;
    return false;
  });
};
