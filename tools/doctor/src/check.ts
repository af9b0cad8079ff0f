import type { Finding } from "./finding.ts";
import type { Target } from "./target.ts";

/** One thing the doctor checks. Every file in `checks/` has this shape. */
export interface Check {
  name: string;
  /**
   * Checks, and reports what it found. Anything that can't be checked is a finding too; only unexpected errors
   * are thrown.
   * @param signal aborts when the check has taken too long
   */
  run: (target: Target, signal: AbortSignal) => Promise<Finding[]>;
}
