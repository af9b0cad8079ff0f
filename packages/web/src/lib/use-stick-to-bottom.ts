import { useCallback, useEffect, useRef, useState, type RefObject } from "react";

/** Closer to the end than this counts as being there. */
const NEAR_PX = 48;

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
    const onScroll = () => {
      const movedUp = element.scrollTop < lastTop;
      lastTop = element.scrollTop;
      if (isAtEnd(element)) stick(true);
      else if (movedUp) stick(false);
    };
    const observer = new ResizeObserver(() => {
      if (stuckRef.current) toEnd();
    });
    observer.observe(content);
    observer.observe(element);
    element.addEventListener("scroll", onScroll, { passive: true });
    return () => {
      observer.disconnect();
      element.removeEventListener("scroll", onScroll);
    };
  }, [stick, toEnd]);

  const jump = useCallback(() => {
    stick(true);
    toEnd();
  }, [stick, toEnd]);

  return { scrollRef, contentRef, stuck, jump };
};
