import { EcsError } from "./ecs-error.ts";

interface Bucket {
  burst: number;
  perSecond: number;
}

/** ECS's own limits for an account and Region: calls that change clusters and calls that read them. */
const LIMITS: Record<string, Bucket> = {
  modify: { burst: 100, perSecond: 40 },
  read: { burst: 100, perSecond: 20 },
};

const KIND: Record<string, string> = {
  RunTask: "modify",
  StopTask: "modify",
  DescribeTasks: "read",
  ListTasks: "read",
};

/**
 * Token buckets as ECS has them.
 * @returns a check that throws ThrottlingException when a call comes too soon
 */
export const callLimits = (nowMs: () => number): ((operation: string) => void) => {
  const levels = new Map<string, { tokens: number; atMs: number }>();
  return (operation) => {
    const kind = KIND[operation];
    const limit = kind ? LIMITS[kind] : undefined;
    if (!kind || !limit) return;
    const at = nowMs();
    const level = levels.get(kind) ?? { tokens: limit.burst, atMs: at };
    // A clock that was set back refills nothing.
    const passedMs = Math.max(0, at - level.atMs);
    const refilled = level.tokens + (passedMs / 1_000) * limit.perSecond;
    const tokens = Math.min(limit.burst, refilled) - 1;
    if (tokens < 0) throw new EcsError("ThrottlingException", "Rate exceeded");
    levels.set(kind, { tokens, atMs: at });
  };
};
