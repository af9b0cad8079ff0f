import { useEffect, useState } from "react";

/** The value, once it has stayed the same for this long. */
export const useSettled = <T>(value: T, settleMs: number): T => {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), settleMs);
    return () => clearTimeout(timer);
  }, [value, settleMs]);
  return settled;
};
