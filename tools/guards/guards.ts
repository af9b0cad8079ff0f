/**
 * The guards that SECURITY.md names, and how to remove each of them. `main.ts` removes one after the other and runs
 * the tests that are said to show it: with the guard gone, each of them must fail.
 */
import { HTTP_GUARDS } from "./http-guards.ts";
import { RUN_GUARDS } from "./run-guards.ts";
import { SANDBOX_GUARDS } from "./sandbox-guards.ts";
import { SITE_GUARDS } from "./site-guards.ts";
import { SOCKET_GUARDS } from "./socket-guards.ts";
import { UPLOAD_GUARDS } from "./upload-guards.ts";
import { USER_GUARDS } from "./user-guards.ts";

/** A text of a file that stands there exactly once, and what takes its place. */
export interface Edit {
  /** From the top of the checkout. */
  file: string;
  from: string;
  to: string;
}

export interface Guard {
  /** What is removed, in a few words. */
  name: string;
  edits: readonly Edit[];
  /** As SECURITY.md has them: `file › test`. */
  tests: readonly string[];
}

export const GUARDS: readonly Guard[] = [
  ...HTTP_GUARDS,
  ...SOCKET_GUARDS,
  ...USER_GUARDS,
  ...SITE_GUARDS,
  ...RUN_GUARDS,
  ...SANDBOX_GUARDS,
  ...UPLOAD_GUARDS,
];
