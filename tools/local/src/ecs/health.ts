import { execFile } from "node:child_process";
import { setTimeout as delay } from "node:timers/promises";
import type { HealthCheck } from "./definition.ts";

/** Until the first success a check is repeated quickly: a dependent container waits for it. */
const FIRST_INTERVAL_MS = 25;
const DEFAULTS = { intervalMs: 5_000, timeoutMs: 2_000, retries: 3 };

const answers = async (url: string, timeoutMs: number): Promise<boolean> => {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
};

const succeeds = async (command: string[], timeoutMs: number): Promise<boolean> => {
  const [program = "", ...args] = command;
  return new Promise((resolve) => {
    execFile(program, args, { timeout: timeoutMs }, (error) => resolve(error === null));
  });
};

const probe = async (check: HealthCheck): Promise<boolean> => {
  const timeoutMs = check.timeoutMs ?? DEFAULTS.timeoutMs;
  const results = await Promise.all([
    check.url ? answers(check.url, timeoutMs) : true,
    check.command ? succeeds(check.command, timeoutMs) : true,
  ]);
  return results.every(Boolean);
};

/**
 * Repeats a health check until `signal` aborts and reports every change.
 * Before the first success a container may take `retries × intervalMs` to become healthy.
 */
export const watchHealth = async (
  check: HealthCheck,
  signal: AbortSignal,
  report: (status: "HEALTHY" | "UNHEALTHY") => void,
): Promise<void> => {
  const intervalMs = check.intervalMs ?? DEFAULTS.intervalMs;
  const retries = check.retries ?? DEFAULTS.retries;
  const giveUpAt = performance.now() + retries * intervalMs;
  let status: "UNKNOWN" | "HEALTHY" | "UNHEALTHY" = "UNKNOWN";
  let failures = 0;
  const change = (next: "HEALTHY" | "UNHEALTHY") => {
    if (status === next || signal.aborted) return;
    status = next;
    report(next);
  };
  while (!signal.aborted) {
    const healthy = await probe(check);
    failures = healthy ? 0 : failures + 1;
    const patient = status === "UNKNOWN" && performance.now() < giveUpAt;
    if (healthy) change("HEALTHY");
    if (!healthy && failures >= retries && !patient) change("UNHEALTHY");
    await delay(patient && !healthy ? FIRST_INTERVAL_MS : intervalMs, undefined, { signal }).catch(
      () => undefined,
    );
  }
};
