import type { Finding } from "./finding.ts";
import type { Target } from "./target.ts";

/** One thing the doctor looks at. Every file in `checks/` has this one shape. */
export interface Check {
  name: string;
  /**
   * Looks, and says what it found. What cannot be looked at is a finding too; only the unforeseen is thrown.
   * @param signal aborts when the check has taken too long
   */
  run: (target: Target, signal: AbortSignal) => Promise<Finding[]>;
}
