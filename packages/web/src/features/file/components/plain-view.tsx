import { clsx } from "clsx";
import { useLayoutEffect, useMemo, useRef } from "react";
import { useLineWindow } from "../../../lib/use-line-window.ts";

const LINE_PX = 20;
/** What comes after is not drawn: one line of a megabyte takes a browser seconds. */
const LINE_MAX_CHARS = 2_000;

interface PlainViewProps {
  path: string;
  text: string;
  /** The line that is marked, from 1. */
  line: number | undefined;
  onLine: (line: number | undefined) => void;
}

/** A long file without colours: of its lines only those near the view are drawn. */
export const PlainView = ({ path, text, line, onLine }: PlainViewProps) => {
  const scroll = useRef<HTMLDivElement>(null);
  const lines = useMemo(() => text.split("\n"), [text]);
  const { first, end, onScroll } = useLineWindow(scroll, lines.length, LINE_PX);
  const shown = useRef<string>(undefined);

  useLayoutEffect(() => {
    const element = scroll.current;
    // Once per file: a line that the reader picked is in view already.
    if (line === undefined || !element || shown.current === path) return;
    shown.current = path;
    element.scrollTop = (line - 1) * LINE_PX - element.clientHeight / 2;
  }, [line, path]);

  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <p className="shrink-0 border-b border-line px-3 py-1.5 text-xs text-faint">
        Syntax highlighting is off for long files.
      </p>
      <div
        ref={scroll}
        tabIndex={0}
        role="region"
        aria-label={`Contents of ${path}`}
        onScroll={onScroll}
        className="min-h-0 flex-1 overflow-auto bg-surface font-mono text-[12.5px] leading-5 -outline-offset-2 [overflow-anchor:none]"
      >
        <div
          className="w-max min-w-full"
          style={{ height: lines.length * LINE_PX, paddingTop: first * LINE_PX }}
        >
          {lines.slice(first, end).map((content, index) => {
            const number = first + index + 1;
            return (
              <div key={number} className={clsx("flex h-5", number === line && "bg-accent-soft")}>
                <button
                  type="button"
                  tabIndex={-1}
                  aria-label={`Select line ${number}`}
                  onClick={() => onLine(number === line ? undefined : number)}
                  className="w-16 shrink-0 pr-3 text-right text-muted tabular-nums select-none"
                >
                  {number}
                </button>
                <span className="pr-4 whitespace-pre">
                  {content.length > LINE_MAX_CHARS ? `${content.slice(0, LINE_MAX_CHARS)}…` : content}
                </span>
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
};
