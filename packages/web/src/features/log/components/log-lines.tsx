import { useVirtualizer } from "@tanstack/react-virtual";
import { clsx } from "clsx";
import { useEffect, useRef } from "react";
import { formatClock } from "../../../lib/format.ts";
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

/** All lines, of which only those in view are drawn. Following ends when the reader scrolls up. */
export const LogLines = ({ lines, follow, onFollow }: LogLinesProps) => {
  const scroll = useRef<HTMLDivElement>(null);
  const lastTop = useRef(0);
  const virtualizer = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => LINE_PX,
    getItemKey: (index) => lines[index]?.seq ?? index,
    overscan: 20,
  });
  const height = virtualizer.getTotalSize();

  useEffect(() => {
    if (follow && scroll.current) scroll.current.scrollTop = scroll.current.scrollHeight;
  }, [follow, height]);

  const onScroll = () => {
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
      onScroll={onScroll}
      className="min-h-0 flex-1 overflow-y-auto py-2 font-mono text-xs leading-5 [overflow-anchor:none] -outline-offset-2"
    >
      <div className="relative" style={{ height }}>
        {virtualizer.getVirtualItems().map(({ index, key, start }) => {
          const line = lines[index];
          if (!line) return null;
          return (
            <div
              key={key}
              ref={virtualizer.measureElement}
              data-index={index}
              data-log-seq={line.seq}
              className={clsx(
                "absolute top-0 left-0 flex w-full gap-3 px-3 hover:bg-hover",
                TONES[line.level],
              )}
              style={{ transform: `translateY(${start}px)` }}
            >
              <span className="hidden w-12 shrink-0 text-right text-faint tabular-nums sm:block">
                {line.seq}
              </span>
              <span className="shrink-0 text-faint tabular-nums">{formatClock(line.at)}</span>
              <span className="hidden w-16 shrink-0 truncate text-faint sm:block">{line.source}</span>
              <span className="min-w-0 flex-1 break-words whitespace-pre-wrap">{line.text}</span>
            </div>
          );
        })}
      </div>
    </div>
  );
};
