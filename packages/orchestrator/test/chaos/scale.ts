/** `npm run chaos` runs the long version (`LEO_CHAOS=long`), `npm test` a short one of the same scenarios. */
export const LONG = process.env["LEO_CHAOS"] === "long";

const KILLS_LONG = Number(process.env["LEO_CHAOS_KILLS"] ?? 50);

export const SCALE = LONG
  ? {
      kills: KILLS_LONG,
      deathsOfOne: 10,
      reattachMs: 5_000,
      load: 20,
      connectionCuts: 30,
      outageMs: 30_000,
      silences: 5,
      statementMs: 15_000,
      timeoutMs: 30 * 60_000,
    }
  : {
      kills: 3,
      deathsOfOne: 1,
      // As long as it takes on a machine that does much else; what it took is printed.
      reattachMs: 60_000,
      load: 4,
      connectionCuts: 3,
      outageMs: 3_000,
      silences: 1,
      statementMs: 3_000,
      timeoutMs: 4 * 60_000,
    };

/** So that what a dead orchestrator held is taken over within seconds; the long version has the real ones. */
export const QUICK_TAKEOVER: Record<string, string> = LONG
  ? {}
  : {
      LEO_LAUNCH_LEASE_MS: "3000",
      LEO_FINALIZE_LEASE_MS: "3000",
      LEO_TASK_SETTLE_MS: "5000",
      LEO_RECONCILE_INTERVAL_MS: "3000",
    };
