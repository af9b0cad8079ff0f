/** Supabase Auth as the stub has it: one user, and tokens that nobody checks. */
import type { Answer, Call } from "./stub-answer.ts";

export const USER = {
  id: "6f9b3a52-8f5b-4e2c-9a1d-000000000001",
  email: "dev@leo.local",
  aud: "authenticated",
  role: "authenticated",
  app_metadata: {},
  user_metadata: {},
  created_at: "2026-01-01T00:00:00Z",
};

export const PASSWORD = "correct horse";
const LIFE_SECONDS = 3_600;

const inAnHour = () => Math.floor(Date.now() / 1_000) + LIFE_SECONDS;
const base64 = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");

const refused = (code: string, msg: string): Answer => [400, { code, error_code: code, msg }];

export class StubAuth {
  #tokens = 0;
  #revoked = new Set<string>();
  /** How a new token is refused: the session is over, or something between the browser and the server fails. */
  refreshes: "given" | "refused" | "failing" = "given";

  /** From now on the API refuses this token. */
  revoke(accessToken: string): void {
    this.#revoked.add(accessToken);
  }

  accepts({ accessToken }: Call): boolean {
    return accessToken !== undefined && !this.#revoked.has(accessToken);
  }

  answer({ url, body }: Call): Answer {
    if (url.pathname.endsWith("/logout")) return [204, undefined];
    if (url.pathname.endsWith("/settings"))
      return [200, { external: { github: true, google: true }, disable_signup: false }];
    if (url.pathname.endsWith("/user")) return [200, USER];
    if (url.searchParams.get("grant_type") === "refresh_token") return this.#refresh();
    if (body && "password" in body && body["password"] !== PASSWORD)
      return refused("invalid_credentials", "Invalid login credentials");
    return [200, this.#session()];
  }

  #refresh(): Answer {
    if (this.refreshes === "refused") return refused("refresh_token_not_found", "Invalid Refresh Token");
    // As a gateway does: with words of its own.
    if (this.refreshes === "failing") return [429, "Too many requests"];
    return [200, this.#session()];
  }

  #session() {
    return {
      access_token: this.#token(),
      token_type: "bearer",
      expires_in: LIFE_SECONDS,
      expires_at: inAnHour(),
      refresh_token: "refresh",
      user: USER,
    };
  }

  #token(): string {
    this.#tokens += 1;
    const claims = { sub: USER.id, exp: inAnHour(), jti: String(this.#tokens) };
    return `${base64({ alg: "none" })}.${base64(claims)}.none`;
  }
}
