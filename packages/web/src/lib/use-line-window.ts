import { useLayoutEffect, useState, type RefObject } from "react";

/** Lines drawn beyond each edge of the view, so that a quick scroll meets no blank. */
const MARGIN_LINES = 20;

interface View {
  first: number;
  lines: number;
}

interface LineWindow {
  /** Index of the first line that is drawn, and one past the last. */
  first: number;
  end: number;
  /** To be called when the element has scrolled. */
  onScroll: () => void;
}

const look =
  (element: HTMLElement, linePx: number) =>
  (known: View): View => {
    const first = Math.max(0, Math.floor(element.scrollTop / linePx) - MARGIN_LINES);
    const lines = Math.ceil(element.clientHeight / linePx) + 2 * MARGIN_LINES;
    return known.first === first && known.lines === lines ? known : { first, lines };
  };

/**
 * Which of many lines of one height are near the view. Its cost does not grow with their number.
 * @param atEnd the view is kept at the last line: which lines are near it is known without asking where it is
 */
export const useLineWindow = (
  scroll: RefObject<HTMLElement | null>,
  count: number,
  linePx: number,
  atEnd = false,
): LineWindow => {
  const [view, setView] = useState<View>({ first: 0, lines: 0 });

  useLayoutEffect(() => {
    const element = scroll.current;
    if (!element) return undefined;
    const observer = new ResizeObserver(() => setView(look(element, linePx)));
    observer.observe(element);
    return () => observer.disconnect();
    // Observed anew, the element is looked at again: where it is, once it is no longer at the end.
  }, [scroll, linePx, atEnd]);

  const onScroll = () => {
    if (!atEnd && scroll.current) setView(look(scroll.current, linePx));
  };
  if (atEnd) {
    const lines = Math.max(0, view.lines - MARGIN_LINES);
    return { first: Math.max(0, count - lines), end: count, onScroll };
  }
  // Fewer lines than before, for instance through a filter, may end before the window begins.
  const first = Math.max(0, Math.min(view.first, count - view.lines));
  return { first, end: Math.min(count, first + view.lines), onScroll };
};
