import { clsx } from "clsx";
import { memo, useLayoutEffect, useRef } from "react";
import { formatClock } from "../../../lib/format.ts";
import { useLineWindow } from "../../../lib/use-line-window.ts";
import type { LogLevel, LogLine } from "../log-line.ts";

interface LogLinesProps {
  lines: readonly LogLine[];
  follow: boolean;
  onFollow: (follow: boolean) => void;
}

const LINE_PX = 20;
const NEAR_PX = 40;

const TONES: Record<LogLevel, string> = {
  debug: "text-faint",
  info: "text-muted",
  warn: "text-accent",
  error: "text-bad",
};

const Line = memo(function Line({ line }: { line: LogLine }) {
  return (
    <div data-log-seq={line.seq} className={clsx("flex h-5 gap-3 px-3 hover:bg-hover", TONES[line.level])}>
      <span className="hidden w-12 shrink-0 text-right text-faint tabular-nums sm:block">
        {line.first && line.seq}
      </span>
      <span className="w-15 shrink-0 text-faint tabular-nums">{line.first && formatClock(line.at)}</span>
      <span className="hidden w-16 shrink-0 truncate text-faint sm:block">{line.first && line.source}</span>
      <span className="whitespace-pre">{line.text}</span>
    </div>
  );
});

/** All lines, of which only those near the view are drawn. Following ends when the reader scrolls up. */
export const LogLines = ({ lines, follow, onFollow }: LogLinesProps) => {
  const scroll = useRef<HTMLDivElement>(null);
  const lastTop = useRef(0);
  const { first, end, onScroll } = useLineWindow(scroll, lines.length, LINE_PX, follow);
  const height = lines.length * LINE_PX;

  useLayoutEffect(() => {
    if (follow && scroll.current) scroll.current.scrollTop = height;
  }, [follow, height]);

  const scrolled = () => {
    onScroll();
    const element = scroll.current;
    if (!element) return;
    const atEnd = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_PX;
    if (element.scrollTop < lastTop.current && !atEnd && follow) onFollow(false);
    lastTop.current = element.scrollTop;
  };

  return (
    <div
      ref={scroll}
      role="region"
      aria-label="Log"
      tabIndex={0}
      onScroll={scrolled}
      className="min-h-0 flex-1 overflow-auto py-2 font-mono text-xs leading-5 -outline-offset-2 [overflow-anchor:none]"
    >
      <div className="w-max min-w-full" style={{ height, paddingTop: first * LINE_PX }}>
        {lines.slice(first, end).map((line) => (
          <Line key={line.key} line={line} />
        ))}
      </div>
    </div>
  );
};
