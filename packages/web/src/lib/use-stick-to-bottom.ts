import { useCallback, useEffect, useRef, useState, type RefObject } from "react";

/** Closer to the end than this counts as being there. */
const NEAR_PX = 48;
/** A scroll so soon after a wheel, a key or a touch is the reader's. */
const READER_MS = 500;
const READER_EVENTS = ["wheel", "keydown", "pointerdown", "touchmove"] as const;

const isAtEnd = (element: HTMLElement) =>
  element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_PX;

interface StickToBottom {
  scrollRef: RefObject<HTMLDivElement | null>;
  /** Put it on the one child that grows. */
  contentRef: RefObject<HTMLDivElement | null>;
  /** False once the reader has scrolled up. */
  stuck: boolean;
  jump: () => void;
}

/** Follows the end of growing content until the reader scrolls up, and again once they return. */
export const useStickToBottom = (): StickToBottom => {
  const scrollRef = useRef<HTMLDivElement>(null);
  const contentRef = useRef<HTMLDivElement>(null);
  const stuckRef = useRef(true);
  const readerAtMs = useRef(-Infinity);
  const [stuck, setStuck] = useState(true);

  const stick = useCallback((next: boolean) => {
    stuckRef.current = next;
    setStuck(next);
  }, []);

  const toEnd = useCallback(() => {
    const element = scrollRef.current;
    if (element) element.scrollTop = element.scrollHeight;
  }, []);

  useEffect(() => {
    const element = scrollRef.current;
    const content = contentRef.current;
    if (!element || !content) return undefined;
    let lastTop = element.scrollTop;
    let lastHeight = element.scrollHeight;
    const onReader = () => {
      readerAtMs.current = performance.now();
    };
    const onScroll = () => {
      const movedUp = element.scrollTop < lastTop;
      // Rows that turn out smaller than they were taken for move what is seen up as well, without a reader.
      const byReader =
        element.scrollHeight === lastHeight || performance.now() - readerAtMs.current < READER_MS;
      lastTop = element.scrollTop;
      lastHeight = element.scrollHeight;
      if (isAtEnd(element)) stick(true);
      else if (movedUp && byReader) stick(false);
    };
    const observer = new ResizeObserver(() => {
      if (stuckRef.current) toEnd();
    });
    observer.observe(content);
    observer.observe(element);
    element.addEventListener("scroll", onScroll, { passive: true });
    for (const name of READER_EVENTS) element.addEventListener(name, onReader, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener("scroll", onScroll);
      for (const name of READER_EVENTS) element.removeEventListener(name, onReader);
    };
  }, [stick, toEnd]);

  const jump = useCallback(() => {
    readerAtMs.current = -Infinity;
    stick(true);
    toEnd();
  }, [stick, toEnd]);

  return { scrollRef, contentRef, stuck, jump };
};
