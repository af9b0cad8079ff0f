import { chmod, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { DEV_USER_ID, localUsers, OTHER_USER_ID } from "./local-users.ts";
import { hashPassword, passwordMatches } from "./password.ts";
import { StartError } from "../start-error.ts";

export const User = z.object({
  id: z.uuid(),
  email: z.email(),
  passwordHash: z.string(),
  appMetadata: z.record(z.string(), z.unknown()),
  userMetadata: z.record(z.string(), z.unknown()),
  createdAt: z.iso.datetime(),
  lastSignInAt: z.iso.datetime().optional(),
  /** Present: refused until then. */
  bannedUntil: z.iso.datetime().optional(),
});
export type User = z.infer<typeof User>;

export const Session = z.object({
  id: z.uuid(),
  userId: z.uuid(),
  refreshToken: z.string(),
  /** The token before; for a few seconds it still works, for a page that lost the answer. */
  previousToken: z.string().optional(),
  rotatedAt: z.iso.datetime(),
  /** Older ones: whoever sends one has stolen or lost the session. */
  usedTokens: z.array(z.string()),
});
export type Session = z.infer<typeof Session>;

const AuthState = z.object({
  /** Private ES256 keys; the last one signs, all of them verify. */
  keys: z.array(z.record(z.string(), z.unknown())),
  users: z.array(User),
  sessions: z.array(Session),
});
export type AuthState = z.infer<typeof AuthState>;

export interface AuthStateFile {
  state: AuthState;
  /** Resolves when what `state` holds now is on disk. */
  save: () => Promise<void>;
}

const initialState = async (localPassword: string): Promise<AuthState> => {
  const passwordHash = await hashPassword(localPassword);
  return { keys: [], users: localUsers(passwordHash), sessions: [] };
};

/** Gives the two local users this password. Sessions that began with another one end. */
const setLocalPassword = async (state: AuthState, localPassword: string): Promise<void> => {
  for (const user of state.users) {
    if (user.id !== DEV_USER_ID && user.id !== OTHER_USER_ID) continue;
    if (await passwordMatches(localPassword, user.passwordHash)) continue;
    user.passwordHash = await hashPassword(localPassword);
    state.sessions = state.sessions.filter(({ userId }) => userId !== user.id);
  }
};

const readState = async (file: string, localPassword: string): Promise<AuthState> => {
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (text === undefined) return initialState(localPassword);
  const state = parseState(text, file);
  await setLocalPassword(state, localPassword);
  return state;
};

const parseState = (text: string, file: string): AuthState => {
  try {
    return AuthState.parse(JSON.parse(text));
  } catch (cause) {
    throw new StartError(`${file} is damaged. "npm start -- --fresh" begins with an empty one.`, { cause });
  }
};

/**
 * Reads the endpoint's state, or begins it with the two local users. No directory: it lives in memory.
 * @param localPassword of both local users, whatever it was before
 */
export const openAuthState = async (
  dataDir: string | undefined,
  localPassword: string,
): Promise<AuthStateFile> => {
  if (!dataDir) return { state: await initialState(localPassword), save: async () => undefined };
  const file = path.join(dataDir, "auth.json");
  await mkdir(dataDir, { recursive: true });
  const state = await readState(file, localPassword);
  let writing = Promise.resolve();
  const write = async () => {
    await writeFile(`${file}.new`, JSON.stringify(state, undefined, 2), { mode: 0o600 });
    await chmod(`${file}.new`, 0o600);
    await rename(`${file}.new`, file);
  };
  return {
    state,
    save: async () => {
      // One after the other, each with all that is known when its turn comes.
      writing = writing.then(write, write);
      return writing;
    },
  };
};
