import { memo, useLayoutEffect, useRef, useState, type ReactNode, type RefObject } from "react";
import { useVirtualizer } from "@tanstack/react-virtual";
import type { ItemOf, TimelineItem } from "../../live/timeline-item.ts";
import { TimelineRow } from "./timeline-row.tsx";

interface TurnItemsProps {
  generationId: string;
  items: readonly TimelineItem[];
  scrollRef: RefObject<HTMLDivElement | null>;
  renderPlan: (item: ItemOf<"plan">) => ReactNode;
  renderEnd: (item: ItemOf<"end">) => ReactNode;
}

/** Fewer rows are simply there; more are only drawn where the reader looks. */
const VIRTUAL_FROM = 250;
const ESTIMATED_ROW_PX = 30;

type SpacedKind = TimelineItem["kind"];
const DENSE: ReadonlySet<SpacedKind> = new Set<SpacedKind>([
  "tool",
  "files",
  "step",
  "start",
  "stored",
  "notice",
  "copied",
  "push",
]);

/** Lines of work stand close together; text and cards get air. */
const gapAbove = (item: TimelineItem, before: TimelineItem | undefined) => {
  if (!before) return "";
  return DENSE.has(item.kind) && DENSE.has(before.kind) ? "pt-0.5" : "pt-3";
};

interface ItemProps extends Pick<TurnItemsProps, "generationId" | "renderEnd" | "renderPlan"> {
  item: TimelineItem;
  before: TimelineItem | undefined;
}

const Item = memo(function Item({ generationId, item, before, renderPlan, renderEnd }: ItemProps) {
  const content = () => {
    if (item.kind === "plan") return renderPlan(item);
    if (item.kind === "end") return renderEnd(item);
    return <TimelineRow item={item} />;
  };
  return (
    <div
      data-seq={item.seq}
      data-generation={generationId}
      data-kind={item.kind}
      className={gapAbove(item, before)}
    >
      {content()}
    </div>
  );
});

const VirtualItems = ({ items, scrollRef, ...rest }: TurnItemsProps) => {
  const list = useRef<HTMLDivElement>(null);
  const [scrollMargin, setScrollMargin] = useState(0);
  useLayoutEffect(() => setScrollMargin(list.current?.offsetTop ?? 0), []);
  const virtualizer = useVirtualizer({
    count: items.length,
    getScrollElement: () => scrollRef.current,
    estimateSize: () => ESTIMATED_ROW_PX,
    getItemKey: (index) => items[index]?.seq ?? index,
    overscan: 12,
    scrollMargin,
  });
  return (
    <div ref={list} className="relative" style={{ height: virtualizer.getTotalSize() }}>
      {virtualizer.getVirtualItems().map(({ index, key, start }) => {
        const item = items[index];
        if (!item) return null;
        return (
          <div
            key={key}
            ref={virtualizer.measureElement}
            data-index={index}
            className="absolute top-0 left-0 w-full"
            style={{ transform: `translateY(${start - scrollMargin}px)` }}
          >
            <Item item={item} before={items[index - 1]} {...rest} />
          </div>
        );
      })}
    </div>
  );
};

export const TurnItems = (props: TurnItemsProps) => {
  const { items, scrollRef: _scrollRef, ...rest } = props;
  if (items.length >= VIRTUAL_FROM) return <VirtualItems {...props} />;
  return (
    <div>
      {items.map((item, index) => (
        <Item key={item.seq} item={item} before={items[index - 1]} {...rest} />
      ))}
    </div>
  );
};
