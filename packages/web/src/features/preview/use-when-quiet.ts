import { useEffect, useState } from "react";
import { sinceLastKeyMs } from "../../lib/last-key.ts";

/** Nobody is in the middle of a word after this long. */
const QUIET_MS = 1_500;

/**
 * A value that changes only while nobody is typing. An app that opens takes the focus, and with it
 * every key that follows.
 */
export const useWhenQuiet = <Value>(value: Value): Value => {
  const [shown, setShown] = useState(value);
  useEffect(() => {
    if (shown === value) return undefined;
    let timer: ReturnType<typeof setTimeout>;
    const wait = () => {
      const leftMs = QUIET_MS - sinceLastKeyMs();
      timer = setTimeout(() => (leftMs > 0 ? wait() : setShown(value)), Math.max(0, leftMs));
    };
    wait();
    return () => clearTimeout(timer);
  }, [shown, value]);
  return shown;
};
