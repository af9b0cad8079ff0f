import type { User } from "./auth-state.ts";

export const DEV_USER_ID = "00000000-0000-4000-8000-000000000001";
export const OTHER_USER_ID = "00000000-0000-4000-8000-000000000002";

const PROVIDER = { provider: "email", providers: ["email"] };
const CREATED_AT = "2026-01-01T00:00:00.000Z";

/** The two people of a laptop; their ids never change, so that their apps stay theirs. */
export const localUsers = (passwordHash: string): User[] => [
  {
    id: DEV_USER_ID,
    email: "dev@leo.local",
    passwordHash,
    appMetadata: { ...PROVIDER, role: "admin" },
    userMetadata: {},
    createdAt: CREATED_AT,
  },
  {
    id: OTHER_USER_ID,
    email: "other@leo.local",
    passwordHash,
    appMetadata: PROVIDER,
    userMetadata: {},
    createdAt: CREATED_AT,
  },
];
