/** What an attack does to the orchestrator and to an honest user: the same measures before it and during it. */
import { setTimeout as delay } from "node:timers/promises";
import { percentile } from "../bench/src/harness/statistics.ts";
import { residentMib } from "../bench/src/scale/usage.ts";

export interface Subject {
  pid: number;
  url: string;
  /** Requests as a page makes them, with their tokens; asked in turns. */
  honest: { path: string; accessToken: string }[];
}

export interface Measured {
  /** Most that was in memory at once. */
  residentMib: number;
  /** The slowest answer. */
  healthMs: number;
  honestP95Ms: number;
  /** Requests that were not answered with 200. */
  failed: number;
}

const EVERY_MS = 100;
const NOBODY = { path: "/api/config", accessToken: "" };

const timed = async (url: string, headers: Record<string, string>): Promise<{ ms: number; ok: boolean }> => {
  const beganAt = performance.now();
  const ok = await fetch(url, { headers }).then(
    async (response) => {
      await response.arrayBuffer();
      return response.ok;
    },
    () => false,
  );
  return { ms: performance.now() - beganAt, ok };
};

/** Asks in an even rhythm for a while; an answer that is late does not hold up the next request. */
export const watch = async ({ pid, url, honest }: Subject, durationMs: number): Promise<Measured> => {
  const health: Promise<{ ms: number; ok: boolean }>[] = [];
  const users: Promise<{ ms: number; ok: boolean }>[] = [];
  let resident = 0;
  const endsAt = performance.now() + durationMs;
  for (let turn = 0; performance.now() < endsAt; turn += 1) {
    const { path, accessToken } = honest[turn % honest.length] ?? NOBODY;
    health.push(timed(`${url}/health`, {}));
    users.push(timed(`${url}${path}`, { authorization: `Bearer ${accessToken}` }));
    resident = Math.max(resident, (await residentMib(pid)).now);
    await delay(EVERY_MS);
  }
  const [ofHealth, ofUsers] = await Promise.all([Promise.all(health), Promise.all(users)]);
  resident = Math.max(resident, (await residentMib(pid)).now);
  return {
    residentMib: resident,
    healthMs: Math.max(...ofHealth.map(({ ms }) => ms)),
    honestP95Ms: percentile(
      ofUsers.map(({ ms }) => ms),
      0.95,
    ),
    failed: [...ofHealth, ...ofUsers].filter(({ ok }) => !ok).length,
  };
};
