import { useEffect, useState } from "react";

/** The present time in milliseconds, renewed at the given interval; stands still while it is undefined. */
export const useNow = (everyMs: number | undefined): number => {
  const [nowMs, setNowMs] = useState(Date.now);
  useEffect(() => {
    if (everyMs === undefined) return undefined;
    const timer = setInterval(() => setNowMs(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return nowMs;
};
