import type { Generation } from "@leo/core/generation.ts";
import { Pulse } from "../../../components/pulse.tsx";
import { formatElapsed } from "../../../lib/format.ts";
import { isFinal } from "../../../lib/generation-state.ts";
import { useNow } from "../../../lib/use-now.ts";
import { activityWords } from "../activity.ts";
import type { LiveState } from "../../live/state.ts";
import { useCostSoFar } from "../run-cost.ts";
import { CancelButton } from "./cancel-button.tsx";

interface StatusStripProps {
  generation: Generation;
  live: LiveState;
}

/** What is happening, for how long, at what cost. Its height never changes while it is there. */
export const StatusStrip = ({ generation, live }: StatusStripProps) => {
  const state = live.state ?? generation.state;
  const over = isFinal(state);
  const nowMs = useNow(over ? undefined : 1_000);
  const costSoFar = useCostSoFar(generation, live);
  const words = activityWords(generation, live, nowMs);
  if (over || words === undefined) return null;
  const cancellable = state !== "finalizing" && !generation.cancelRequestedAt;
  return (
    <div role="group" aria-label="Progress" className="flex h-9 items-center gap-2.5 pr-1 pl-1 text-[13px]">
      <Pulse tone={state === "queued" ? "still" : "live"} className="mx-1" />
      <span className="min-w-0 flex-1 truncate" title={words}>
        {words}
      </span>
      <span className="shrink-0 text-xs text-faint tabular-nums">
        {formatElapsed(nowMs - Date.parse(generation.createdAt))}
        {costSoFar !== undefined && ` · ${costSoFar}`}
      </span>
      <CancelButton generation={generation} disabled={!cancellable} />
    </div>
  );
};
