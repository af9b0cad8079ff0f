import { Empty } from "../../components/empty.tsx";
import { activityWords } from "../../features/generation/activity.ts";
import { useLive } from "../../features/live/use-live.ts";
import { PreviewPanel } from "../../features/preview/components/preview-panel.tsx";
import { useWhenQuiet } from "../../features/preview/use-when-quiet.ts";
import { isFinal } from "../../lib/generation-state.ts";
import { useNow } from "../../lib/use-now.ts";
import { versionName } from "../../features/version/numbered.ts";
import type { Selection } from "./use-workspace.ts";

/** The place in the queue is told in minutes. */
const REFRESH_MS = 5_000;

const Waiting = ({ words, outlook }: { words: string; outlook: string }) => (
  <div className="grid h-full place-items-center bg-sunken p-8">
    <div className="w-full max-w-xs">
      {/* The outline of a page to come; it holds the place and says nothing. */}
      <div aria-hidden="true" className="rounded-xl border border-line bg-surface p-5">
        <div className="h-2.5 w-2/5 animate-breathe rounded-full bg-line" />
        <div className="mt-5 space-y-2.5">
          <div className="h-8 rounded-lg border border-line" />
          <div className="h-8 rounded-lg border border-line" />
          <div className="h-8 w-3/4 rounded-lg border border-line" />
        </div>
      </div>
      {/* Not centred: words that change would move. */}
      <p className="mt-4 truncate text-[13px] text-muted">{words}</p>
      <p className="mt-0.5 text-xs text-faint">{outlook}</p>
    </div>
  </div>
);

export const PreviewTab = ({ selection }: { selection: Selection }) => {
  const { latest, completed } = selection;
  const shown = useWhenQuiet(selection.shown);
  const { live } = useLive(latest.id);
  const state = live.state ?? latest.state;
  const working = !isFinal(state);
  const nowMs = useNow(working ? REFRESH_MS : undefined);

  if (shown?.generation.previewUrl) {
    const name = versionName(shown.number);
    return (
      <PreviewPanel
        key={shown.generation.id}
        generationId={shown.generation.id}
        url={shown.generation.previewUrl}
        versionName={name}
        note={working ? `${name}, while the next one is being built` : undefined}
      />
    );
  }
  if (working) {
    const outlook = latest.cancelRequestedAt
      ? "What it has made so far is kept as a draft."
      : "The app appears here once it's built.";
    return <Waiting words={activityWords(latest, live, nowMs) ?? ""} outlook={outlook} />;
  }
  if (state === "completed" && !shown) return <Waiting words="Opening the app" outlook="" />;
  return (
    <Empty title={completed.length > 0 ? "This run has no app to show" : "No app to show yet"}>
      {state === "failed" &&
        "The run failed before the app was built. The conversation says why and what you can do."}
      {state === "answered" &&
        "Leo replied without building anything. Reply in the conversation to say what to build."}
      {state === "cancelled" && "The run was cancelled before the app was built."}
      {state === "completed" && "This version has no page to open."}
    </Empty>
  );
};
