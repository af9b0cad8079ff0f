import { useEffect, useRef, type RefObject } from "react";

/** For this long after it was loaded, an app that takes the focus does so by itself. */
const SETTLING_MS = 3_000;

/**
 * Gives the focus back when a freshly loaded app takes it: whoever is writing a request must not
 * find their words in the app. A pointer over the app means that the reader has gone there.
 * @returns a function to call when the frame has started to load
 */
export const useKeepFocus = (frame: RefObject<HTMLIFrameElement | null>) => {
  const loadedAtMs = useRef(0);
  useEffect(() => {
    let last: Element | null = document.activeElement;
    const onFocus = () => {
      last = document.activeElement;
    };
    const onBlur = () => {
      const element = frame.current;
      if (!element || document.activeElement !== element || element.matches(":hover")) return;
      if (performance.now() - loadedAtMs.current > SETTLING_MS) return;
      element.blur();
      if (last instanceof HTMLElement && last.isConnected) last.focus({ preventScroll: true });
    };
    addEventListener("blur", onBlur);
    document.addEventListener("focusin", onFocus);
    return () => {
      removeEventListener("blur", onBlur);
      document.removeEventListener("focusin", onFocus);
    };
  }, [frame]);
  return () => {
    loadedAtMs.current = performance.now();
  };
};
