/** Who the test run is: a user made for it, or the one that every laptop has. */
import { randomBytes } from "node:crypto";
import { z } from "zod";
import { ProofError } from "./proof-error.ts";

export type Account =
  | { email: string; password: string }
  /** With it a user is made for the run, and deleted again. */
  | { serviceRoleKey: string };

export interface Supabase {
  url: string;
  anonKey: string;
}

const User = z.object({ id: z.string() });
const Session = z.object({ access_token: z.string() });
const Refusal = z.object({ msg: z.string().optional(), message: z.string().optional() });

const call = async (
  supabase: Supabase,
  key: string,
  method: string,
  path: string,
  body?: object,
): Promise<unknown> => {
  const response = await fetch(`${supabase.url.replace(/\/+$/, "")}/auth/v1${path}`, {
    method,
    headers: { apikey: key, authorization: `Bearer ${key}`, "content-type": "application/json" },
    ...(body && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(30_000),
  });
  const answer: unknown = await response.json().catch(() => ({}));
  if (response.ok) return answer;
  const { msg, message } = Refusal.parse(answer);
  throw new ProofError(`Supabase answers ${response.status}: ${msg ?? message ?? "no reason given"}`);
};

/** The service key where there is one: a project may ask everybody else for a captcha. */
const signIn = async (supabase: Supabase, key: string, email: string, password: string): Promise<string> => {
  const session = await call(supabase, key, "POST", "/token?grant_type=password", { email, password });
  return Session.parse(session).access_token;
};

export interface SignedIn {
  accessToken: string;
  /** Deletes the user if it was made for this run. */
  leave: () => Promise<void>;
}

/**
 * Signs in.
 * @throws ProofError with Supabase's reason; no user is left behind then
 */
export const openAccount = async (supabase: Supabase, account: Account): Promise<SignedIn> => {
  if ("email" in account) {
    const accessToken = await signIn(supabase, supabase.anonKey, account.email, account.password);
    return { accessToken, leave: async () => undefined };
  }
  const { serviceRoleKey } = account;
  const email = `leo-test-run-${randomBytes(6).toString("hex")}@example.com`;
  const password = randomBytes(24).toString("base64url");
  const made = await call(supabase, serviceRoleKey, "POST", "/admin/users", {
    email,
    password,
    email_confirm: true,
  });
  const { id } = User.parse(made);
  const leave = async () => {
    await call(supabase, serviceRoleKey, "DELETE", `/admin/users/${id}`).catch((error: unknown) => {
      throw new ProofError(`The test run's user ${email} is left in Supabase: ${(error as Error).message}.`);
    });
  };
  try {
    return { accessToken: await signIn(supabase, serviceRoleKey, email, password), leave };
  } catch (error) {
    await leave();
    throw error;
  }
};
