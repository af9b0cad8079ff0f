import { useEffect, useRef, type RefObject } from "react";
import { sinceLastKeyMs } from "../../lib/last-key.ts";

/** For this long after it was loaded, an app that takes the focus does so by itself. */
const SETTLING_MS = 1_500;
/** A focus that is given back before the browser has finished moving it is lost: the keys still go to the app. */
const SWITCH_MS = 150;
/** Whoever pressed a key so recently is writing and pauses; they have not gone to the app. */
const WRITING_MS = 8_000;

/**
 * Gives the focus back when a freshly loaded app takes it: whoever is writing a request must not
 * find their words in the app.
 * @returns what to call when the frame is loaded again, and when it has loaded
 */
export const useKeepFocus = (frame: RefObject<HTMLIFrameElement | null>) => {
  const settledAtMs = useRef(Infinity);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout>;
    let left: EventTarget | null = null;
    const onFocusOut = ({ target }: FocusEvent) => {
      left = target;
    };
    // The window loses the focus once the frame, which may be another process, has it.
    const onBlur = () => {
      const element = frame.current;
      if (!element || document.activeElement !== element) return;
      if (performance.now() > settledAtMs.current || sinceLastKeyMs() > WRITING_MS) return;
      timer = setTimeout(() => {
        const stillTaken = document.activeElement === element;
        if (stillTaken && left instanceof HTMLElement && left.isConnected)
          left.focus({ preventScroll: true });
      }, SWITCH_MS);
    };
    document.addEventListener("focusout", onFocusOut);
    addEventListener("blur", onBlur);
    return () => {
      clearTimeout(timer);
      document.removeEventListener("focusout", onFocusOut);
      removeEventListener("blur", onBlur);
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
