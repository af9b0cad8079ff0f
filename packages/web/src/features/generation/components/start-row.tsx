import { Check, Server } from "lucide-react";
import { Pulse } from "../../../components/pulse.tsx";
import { formatDuration } from "../../../lib/format.ts";
import { START_WORDS } from "../activity.ts";
import type { ItemOf } from "../../live/timeline-item.ts";
import { FoldRow, Row } from "./row.tsx";

const durationMs = (item: ItemOf<"start">) =>
  Date.parse(item.steps.at(-1)?.at ?? item.at) - Date.parse(item.at);

const Steps = ({ item }: { item: ItemOf<"start"> }) => (
  <ol className="space-y-0.5 text-xs text-muted">
    {item.steps.map(({ step, text, at }, index) => {
      const current = !item.done && index === item.steps.length - 1;
      return (
        <li key={`${step} ${at}`} className="flex items-center gap-2">
          {current ? (
            <Pulse tone="live" className="mx-0.5" />
          ) : (
            <Check className="size-3 text-good" aria-hidden="true" />
          )}
          {START_WORDS[step]}
          {text && <span className="truncate text-faint">{text}</span>}
        </li>
      );
    })}
  </ol>
);

export const StartRow = ({ item }: { item: ItemOf<"start"> }) => {
  if (!item.done && item.steps.length === 1 && item.steps[0]?.step === "queued") {
    return <Row icon={<Pulse tone="still" />}>{item.attempt > 1 ? "Restarting…" : "In the queue"}</Row>;
  }
  const again = item.attempt > 1 ? ` (attempt ${item.attempt})` : "";
  return (
    <FoldRow
      key={String(item.done)}
      icon={item.done ? <Server className="size-3.5" /> : <Pulse tone="live" />}
      summary={item.done ? `Started${again}` : `Starting${again}`}
      aside={item.done ? formatDuration(durationMs(item)) : undefined}
      defaultOpen={!item.done}
    >
      <Steps item={item} />
    </FoldRow>
  );
};
