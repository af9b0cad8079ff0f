import { scrub } from "@leo/core/scrub.ts";
import type { Check } from "./check.ts";
import { failure, type Finding, LeftOut, type Status } from "./finding.ts";
import { plainMessage } from "@leo/core/explain.ts";
import type { Target } from "./target.ts";

export interface Line extends Finding {
  check: string;
}

/** Checks that were skipped because they all need the same thing. */
export interface Omission {
  /** As in "these checks need AWS credentials". */
  needs: string;
  checks: string[];
}

export interface Report {
  target: string;
  /** Whether nothing failed; warnings don't count. */
  ok: boolean;
  counts: Record<Status, number>;
  lines: Line[];
  leftOut: Omission[];
}

const tooLate = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
  });

const runOne = async (check: Check, target: Target, timeoutMs: number): Promise<Finding[] | LeftOut> => {
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    return await Promise.race([check.run(target, signal), tooLate(signal)]);
  } catch (error) {
    if (error instanceof LeftOut) return error;
    if (signal.aborted) return [failure(`no answer within ${timeoutMs / 1_000} s`, "Check the network.")];
    return [failure(`couldn't be checked: ${plainMessage(error)}`)];
  }
};

/** What a report needs to know about a target. */
type Patient = Pick<Target, "name" | "secrets" | "runningSecrets">;

/** Values that must not be printed, including a database's password by itself. */
const sensitive = ({ secrets, runningSecrets = {} }: Patient): string[] =>
  [secrets, runningSecrets].flatMap((values) => {
    const { DatabaseUrl = "" } = values;
    const password = URL.canParse(DatabaseUrl) ? new URL(DatabaseUrl).password : "";
    const all = Object.entries(values).flatMap(([name, value]) => (name === "SupabaseUrl" ? [] : value));
    return [...all, password, decodeURIComponent(password)];
  });

/** Shorter values are words such as `none`. */
const SECRET_MIN_CHARS = 6;

const masked = (target: Patient) => {
  const values = sensitive(target).filter((value) => value.length >= SECRET_MIN_CHARS);
  return (text: string) => scrub(values.reduce((clean, value) => clean.replaceAll(value, "[secret]"), text));
};

/** Builds the report from findings, with all secrets removed. */
export const report = (target: Patient, lines: Line[], leftOut: Omission[] = []): Report => {
  const clean = masked(target);
  const counts = { ok: 0, warning: 0, failure: 0 };
  for (const { status } of lines) counts[status] += 1;
  return {
    target: target.name,
    ok: counts.failure === 0,
    counts,
    lines: lines.map(({ check, status, message, advice }) => ({
      check,
      status,
      message: clean(message),
      ...(advice && { advice: clean(advice) }),
    })),
    leftOut,
  };
};

/** Runs the checks in parallel; none may take longer than `timeoutMs`. */
export const examine = async (target: Target, checks: Check[], timeoutMs: number): Promise<Report> => {
  const results = await Promise.all(
    checks.map(async (check) => ({ check: check.name, result: await runOne(check, target, timeoutMs) })),
  );
  const lines = results.flatMap(({ check, result }) =>
    result instanceof LeftOut ? [] : result.map((finding) => ({ check, ...finding })),
  );
  const missing = results.flatMap(({ check, result }) =>
    result instanceof LeftOut ? [{ check, needs: result.needs }] : [],
  );
  const leftOut = Object.entries(Object.groupBy(missing, ({ needs }) => needs)).map(
    ([needs, omitted = []]) => ({ needs, checks: omitted.map(({ check }) => check) }),
  );
  return report(target, lines, leftOut);
};
