import { useEffect, useRef, useState } from "react";
import type { App, GenerationState } from "@leo/core/generation.ts";
import { useLive } from "../../features/live/use-live.ts";
import { isFinal } from "../../lib/generation-state.ts";
import { notify } from "../../lib/notifications.ts";
import type { Selection } from "./use-workspace.ts";

const MILESTONES: Record<GenerationState, string> = {
  queued: "Your request is in the queue.",
  starting: "A machine is starting.",
  running: "The agent is working.",
  finalizing: "The version is being saved.",
  completed: "The app is ready.",
  answered: "Leo answered.",
  failed: "The run failed.",
  cancelled: "The run was cancelled.",
};

const TITLES: Partial<Record<GenerationState, string>> = {
  queued: "Queued",
  starting: "Starting",
  running: "Building",
  finalizing: "Saving",
  completed: "Ready",
  answered: "Answered",
  failed: "Failed",
};

const notifyOfEnd = (app: App, state: GenerationState) => {
  if (document.visibilityState !== "visible") notify(app.name, MILESTONES[state], app.id);
};

/** Tells the title, screen readers and, where allowed, the desktop how the newest run stands. */
export const Announcer = ({ app, selection }: { app: App; selection: Selection }) => {
  const { latest } = selection;
  const { live } = useLive(latest.id);
  const state = live.state ?? latest.state;
  const seen = useRef({ id: latest.id, state });
  useEffect(() => {
    const before = seen.current;
    seen.current = { id: latest.id, state };
    if (before.id === latest.id && !isFinal(before.state) && isFinal(state)) notifyOfEnd(app, state);
  }, [app, latest.id, state]);
  const [first] = useState({ id: latest.id, state });
  const isNews = first.id !== latest.id || first.state !== state || !isFinal(state);
  return (
    <>
      <title>{`${isNews && TITLES[state] ? `${TITLES[state]}: ` : ""}${app.name} · Leo`}</title>
      <div role="status" className="sr-only">
        {MILESTONES[state]}
      </div>
    </>
  );
};
