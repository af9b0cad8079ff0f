import type { User } from "./auth-state.ts";

/** A user as Supabase Auth shows it. */
export const userView = (user: User) => ({
  id: user.id,
  aud: "authenticated",
  role: "authenticated",
  email: user.email,
  email_confirmed_at: user.createdAt,
  phone: "",
  confirmed_at: user.createdAt,
  last_sign_in_at: user.lastSignInAt ?? user.createdAt,
  app_metadata: user.appMetadata,
  user_metadata: user.userMetadata,
  identities: [
    {
      identity_id: user.id,
      id: user.id,
      user_id: user.id,
      identity_data: { email: user.email, email_verified: true, phone_verified: false, sub: user.id },
      provider: "email",
      last_sign_in_at: user.lastSignInAt ?? user.createdAt,
      created_at: user.createdAt,
      updated_at: user.createdAt,
      email: user.email,
    },
  ],
  created_at: user.createdAt,
  updated_at: user.lastSignInAt ?? user.createdAt,
  is_anonymous: false,
});

const DISABLED_PROVIDERS = ["apple", "azure", "bitbucket", "discord", "github", "gitlab", "google", "phone"];

/** What the sign-in page may offer: e-mail and password, nothing that needs mail or another company. */
export const SETTINGS = {
  external: { email: true, ...Object.fromEntries(DISABLED_PROVIDERS.map((name) => [name, false])) },
  disable_signup: false,
  mailer_autoconfirm: true,
  phone_autoconfirm: false,
  sms_provider: "",
  saml_enabled: false,
};
