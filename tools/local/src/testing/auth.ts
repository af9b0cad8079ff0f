import { startAuth, type AuthOptions, type LocalAuth } from "../auth.ts";

export interface TestAuth extends LocalAuth {
  /** Signs in as a browser does and gives the access token. */
  signIn: (email?: string, password?: string) => Promise<string>;
}

/** Runs with an auth endpoint of its own, in memory unless `dataDir` says otherwise. */
export const withAuth = async <T>(options: AuthOptions, run: (auth: TestAuth) => Promise<T>): Promise<T> => {
  const auth = await startAuth(options);
  const signIn = async (email = "dev@leo.local", password = auth.localPassword): Promise<string> => {
    const response = await fetch(`${auth.url}/auth/v1/token?grant_type=password`, {
      method: "POST",
      headers: { "content-type": "application/json", apikey: auth.anonKey },
      body: JSON.stringify({ email, password }),
    });
    const answer = (await response.json()) as { access_token?: string; message?: string };
    if (!answer.access_token) throw new Error(`sign-in of ${email}: ${answer.message}`);
    return answer.access_token;
  };
  try {
    return await run({ ...auth, signIn });
  } finally {
    await auth.stop();
  }
};
