import type { Findings } from "@leo/core/publishing.ts";
import { HttpError } from "./errors.ts";

/** What a scan found, when that is why something was refused. */
export const findingsOf = (error: unknown): Findings | undefined =>
  error instanceof HttpError && error.code === "secrets_found" ? (error.details as Findings) : undefined;
