import { ArrowDown } from "lucide-react";
import type { ReactNode, RefObject } from "react";
import { useStickToBottom } from "../../../lib/use-stick-to-bottom.ts";

interface TimelineProps {
  /** Number of the newest event that is shown. */
  lastSeq: number;
  children: (scrollRef: RefObject<HTMLDivElement | null>) => ReactNode;
}

/** The scrolling conversation. It follows the newest row until the reader scrolls up. */
export const Timeline = ({ lastSeq, children }: TimelineProps) => {
  const { scrollRef, contentRef, stuck, jump } = useStickToBottom();
  return (
    <div className="relative min-h-0 flex-1">
      {/* Not live: thousands of rows would drown a screen reader. Milestones are announced apart. */}
      <div
        ref={scrollRef}
        role="log"
        aria-label="Timeline"
        aria-live="off"
        tabIndex={0}
        data-last-seq={lastSeq}
        className="h-full overflow-y-auto overscroll-contain pr-2 pl-4 pointer-coarse:pr-4 [overflow-anchor:none] [scrollbar-gutter:stable] [scrollbar-width:thin] focus-visible:-outline-offset-2"
      >
        <div ref={contentRef} className="relative mx-auto flex max-w-3xl flex-col gap-7 pt-4 pb-6">
          {children(scrollRef)}
        </div>
      </div>
      {!stuck && (
        <button
          type="button"
          onClick={jump}
          className="absolute bottom-3 left-1/2 inline-flex h-8 -translate-x-1/2 items-center gap-1.5 rounded-full border border-line bg-surface px-3 text-xs font-medium shadow-float hover:border-line-strong"
        >
          <ArrowDown className="size-3.5" aria-hidden="true" />
          Latest
        </button>
      )}
    </div>
  );
};
