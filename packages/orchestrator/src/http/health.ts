/** Whether this orchestrator takes requests, for load balancers. */
export type Health = "ok" | "draining" | "no_database";

/** How long the database's answer is reused: however often this is called, the database is asked once a second. */
const FRESH_MS = 1_000;

/**
 * @param ask fails when the database does not answer
 * @param nowMs the clock
 */
export const createHealth = (
  ask: () => Promise<unknown>,
  isDraining: () => boolean,
  nowMs = () => performance.now(),
): (() => Promise<Health>) => {
  let answer: Promise<Health> | undefined;
  let answeredAtMs = Infinity;
  const refresh = async (): Promise<Health> => {
    answeredAtMs = Infinity;
    const health = await ask().then(
      () => "ok" as const,
      () => "no_database" as const,
    );
    answeredAtMs = nowMs();
    return health;
  };
  return async () => {
    if (isDraining()) return "draining";
    if (nowMs() - answeredAtMs > FRESH_MS) answer = undefined;
    return (answer ??= refresh());
  };
};
