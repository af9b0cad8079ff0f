/** One thing the doctor looks at. Every file in `checks/` has this one shape. */
import type { Target } from "./target.ts";

export type Status = "ok" | "warning" | "failure";

export interface Finding {
  status: Status;
  /** One sentence, without a secret. */
  message: string;
  /** What to do about it. */
  advice?: string;
}

export interface Check {
  name: string;
  /**
   * Looks, and says what it found. What cannot be looked at is a finding too; only the unforeseen is thrown.
   * @param signal aborts when the check has taken too long
   */
  run: (target: Target, signal: AbortSignal) => Promise<Finding[]>;
}

export const ok = (message: string): Finding => ({ status: "ok", message });
export const warning = (message: string, advice?: string): Finding => ({
  status: "warning",
  message,
  advice,
});
export const failure = (message: string, advice?: string): Finding => ({
  status: "failure",
  message,
  advice,
});

/** Thrown by a check that cannot look, because of something that another line tells. */
export class NotChecked extends Error {
  override name = "NotChecked";
}
