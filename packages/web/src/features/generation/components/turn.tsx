import { ChevronRight, Reply } from "lucide-react";
import { useCallback, useState, type RefObject } from "react";
import type { Generation } from "@leo/core/generation.ts";
import { StateLabel } from "../../../components/state-label.tsx";
import { Button } from "../../../components/ui/button.tsx";
import { isFinal } from "../../../lib/generation-state.ts";
import type { ItemOf } from "../../live/timeline-item.ts";
import { useRunFacts } from "../run-cost.ts";
import { useLive } from "../../live/use-live.ts";
import { EndActions } from "./end-actions.tsx";
import { EndCard } from "./end-card.tsx";
import { MessageBubble, Moment } from "./message-bubble.tsx";
import { PlanCard } from "./plan-card.tsx";
import { TurnItems } from "./turn-items.tsx";

export interface TurnProps {
  generation: Generation;
  /** Number of the version that came of it, or will. */
  version: number | undefined;
  /** What it is a copy of, if it is one: nobody asked for it in words. */
  copyOf?: string;
  scrollRef: RefObject<HTMLDivElement | null>;
  latest: boolean;
  onAcceptPlan?: () => void;
  onEditPlan?: () => void;
  /** Begins a request with the words of this one. */
  onEditRequest?: (request: string) => void;
  /** Begins a reply to what the agent said. */
  onReply?: () => void;
}

const actionsAfter = (
  item: ItemOf<"end">,
  generation: Generation,
  { onReply, onEditRequest }: Pick<TurnProps, "onReply" | "onEditRequest">,
) => {
  if (item.state === "completed") return undefined;
  if (item.state !== "answered") return <EndActions generation={generation} onEditRequest={onEditRequest} />;
  return (
    <Button size="small" onClick={onReply}>
      <Reply className="size-3.5" aria-hidden="true" />
      Reply
    </Button>
  );
};

/** The rows of one run. */
export const TurnBody = (props: TurnProps) => {
  const { generation, version, scrollRef, latest, onAcceptPlan, onEditPlan, onReply, onEditRequest } = props;
  const { live, status } = useLive(generation.id);
  const over = isFinal(live.state ?? generation.state) || generation.cancelRequestedAt !== undefined;
  const openPlan = over ? undefined : live.openPlan;
  const renderPlan = useCallback(
    (item: ItemOf<"plan">) =>
      openPlan === item.text ? (
        <PlanCard text={item.text} onAccept={onAcceptPlan} onEdit={onEditPlan} />
      ) : (
        <PlanCard text={item.text} />
      ),
    [openPlan, onAcceptPlan, onEditPlan],
  );
  const renderEnd = useCallback(
    (item: ItemOf<"end">) => (
      <EndCard
        item={item}
        generation={generation}
        version={version}
        actions={latest ? actionsAfter(item, generation, { onReply, onEditRequest }) : undefined}
      />
    ),
    [generation, version, latest, onReply, onEditRequest],
  );
  if (live.items.length === 0) {
    return (
      <p className="py-1 text-[13px] text-faint">
        {status === "loading" ? "Loading steps…" : "No steps yet."}
      </p>
    );
  }
  return (
    <TurnItems
      generationId={generation.id}
      items={live.items}
      scrollRef={scrollRef}
      renderPlan={renderPlan}
      renderEnd={renderEnd}
    />
  );
};

/** A request and what came of it. Earlier ones show their steps when asked. */
export const Turn = (props: TurnProps) => {
  const { generation, version, latest, copyOf } = props;
  const [open, setOpen] = useState(false);
  const facts = useRunFacts(generation);
  const shown = latest || open;
  return (
    <article
      aria-label={version === undefined ? "Request" : `Version ${version}`}
      className="flex flex-col gap-3"
    >
      {copyOf === undefined ? (
        <MessageBubble
          text={generation.prompt}
          at={generation.createdAt}
          note={version === undefined ? undefined : `version ${version}`}
        />
      ) : (
        <p className="flex items-baseline justify-between gap-3 text-xs text-muted">
          {copyOf}
          <Moment at={generation.createdAt} />
        </p>
      )}
      {!latest && (
        <button
          type="button"
          aria-expanded={open}
          onClick={() => setOpen(!open)}
          className="flex items-center gap-2 rounded-md px-0.5 text-left text-xs text-faint hover:text-ink"
        >
          <ChevronRight
            className={`size-3.5 transition-transform ${open ? "rotate-90" : ""}`}
            aria-hidden="true"
          />
          <StateLabel state={generation.state} />
          <span className="tabular-nums">{facts}</span>
          <span className="ml-auto">{open ? "Hide steps" : "Show steps"}</span>
        </button>
      )}
      {shown && <TurnBody {...props} />}
    </article>
  );
};
