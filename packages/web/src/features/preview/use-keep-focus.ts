import { useEffect, useRef, type RefObject } from "react";

/** For this long after it was loaded, an app that takes the focus does so by itself. */
const SETTLING_MS = 3_000;
/** Whoever pressed a key so recently was writing and has not gone to the app. */
const WRITING_MS = 2_000;

/**
 * Gives the focus back when a freshly loaded app takes it: whoever is writing a request must not
 * find their words in the app.
 * @returns what to call when the frame is loaded again, and when it has loaded
 */
export const useKeepFocus = (frame: RefObject<HTMLIFrameElement | null>) => {
  const settledAtMs = useRef(Infinity);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let lastKeyAtMs = -Infinity;
    const onKeyDown = () => {
      lastKeyAtMs = performance.now();
    };
    const onFocusOut = ({ target }: FocusEvent) => {
      // Where the focus has gone is known only after this event.
      timer = setTimeout(() => {
        const element = frame.current;
        if (!element || document.activeElement !== element) return;
        const nowMs = performance.now();
        if (nowMs > settledAtMs.current || nowMs - lastKeyAtMs > WRITING_MS) return;
        if (target instanceof HTMLElement && target.isConnected) target.focus({ preventScroll: true });
      });
    };
    document.addEventListener("keydown", onKeyDown);
    document.addEventListener("focusout", onFocusOut);
    return () => {
      clearTimeout(timer);
      document.removeEventListener("keydown", onKeyDown);
      document.removeEventListener("focusout", onFocusOut);
    };
  }, [frame]);
  return {
    onReload: () => {
      settledAtMs.current = Infinity;
    },
    onLoad: () => {
      settledAtMs.current = performance.now() + SETTLING_MS;
    },
  };
};
