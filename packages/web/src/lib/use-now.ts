import { serverNow } from "./clock.ts";
import { useEffect, useState } from "react";

/** The present time in milliseconds by the server's clock, renewed at the given interval; stands still while it is undefined. */
export const useNow = (everyMs: number | undefined): number => {
  const [nowMs, setNowMs] = useState(serverNow);
  useEffect(() => {
    if (everyMs === undefined) return undefined;
    const timer = setInterval(() => setNowMs(serverNow()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return nowMs;
};
