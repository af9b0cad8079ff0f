import { CircleCheck, CircleSlash, MessageCircle, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import type { Generation } from "@leo/core/generation.ts";
import { useRunFacts } from "../run-cost.ts";
import type { ItemOf } from "../../live/timeline-item.ts";
import { FoldRow, Output } from "./row.tsx";

interface EndCardProps {
  item: ItemOf<"end">;
  generation: Generation;
  /** Number of the version that this run made. */
  version: number | undefined;
  /** What the reader can do now. */
  actions?: ReactNode;
}

export const EndCard = ({ item, generation, version, actions }: EndCardProps) => {
  const facts = useRunFacts(generation);
  if (item.state === "completed") {
    return (
      <div className="flex flex-wrap items-center gap-x-2.5 gap-y-1.5 border-t border-line pt-3 text-[13px]">
        <CircleCheck className="size-4 text-good" aria-hidden="true" />
        <span className="font-medium">{version === undefined ? "Ready" : `Version ${version} is ready`}</span>
        <span className="text-xs text-faint tabular-nums">{facts}</span>
        {actions && <span className="ml-auto flex gap-1.5">{actions}</span>}
      </div>
    );
  }
  if (item.state === "answered") {
    return (
      <div className="flex flex-wrap items-center gap-x-2.5 gap-y-1.5 border-t border-line pt-3 text-[13px]">
        <MessageCircle className="size-4 text-faint" aria-hidden="true" />
        <span className="font-medium">Answered</span>
        <span className="text-xs text-faint tabular-nums">{facts}</span>
        <span className="text-xs text-faint">No files were changed. Reply to continue.</span>
        {actions && <span className="ml-auto flex gap-1.5">{actions}</span>}
      </div>
    );
  }
  if (item.state === "cancelled") {
    return (
      <div className="flex flex-wrap items-center gap-x-2.5 gap-y-1.5 border-t border-line pt-3 text-[13px]">
        <CircleSlash className="size-4 text-faint" aria-hidden="true" />
        <span className="font-medium">Cancelled</span>
        <span className="text-xs text-faint tabular-nums">{facts}</span>
        <span className="text-xs text-faint">
          {generation.hasDraft
            ? "Its files are kept as a draft. Your next request continues from them."
            : "Nothing from this run was saved."}
        </span>
        {actions && <span className="ml-auto flex gap-1.5">{actions}</span>}
      </div>
    );
  }
  const { failure = generation.failure } = item;
  return (
    <section aria-label="Failure" className="rounded-lg border border-bad/30 bg-bad-soft px-3.5 py-3">
      <h3 className="flex items-center gap-2 text-[13px] font-medium">
        <TriangleAlert className="size-4 text-bad" aria-hidden="true" />
        {failure?.code === "expired" ? "This request never started" : "This run failed"}
        <span className="ml-auto text-xs font-normal text-faint tabular-nums">{facts}</span>
      </h3>
      <p className="mt-1 text-[13px] text-pretty">{failure?.message ?? "It ended without a reason."}</p>
      {failure?.detail && (
        <div className="mt-1 -ml-[26px]">
          <FoldRow icon={null} summary="Details">
            <Output label="Failure details">{failure.detail}</Output>
          </FoldRow>
        </div>
      )}
      {generation.hasDraft && (
        <p className="mt-1 text-[13px] text-muted">
          Its files are kept as a draft. Your next request continues from them.
        </p>
      )}
      {actions && <div className="mt-3 flex flex-wrap gap-2">{actions}</div>}
    </section>
  );
};
