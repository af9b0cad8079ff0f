/** One sentence about what a generation is doing now, for the status line, the title and screen readers. */
import type { Generation } from "@leo/core/generation.ts";
import { formatDuration, formatTime } from "../../lib/format.ts";
import { isFinal } from "../../lib/generation-state.ts";
import type { LiveState } from "../live/state.ts";
import { toolWords } from "./tool-words.ts";
import type { ItemOf, StartStep } from "../live/timeline-item.ts";

export const START_WORDS: Record<StartStep["step"], string> = {
  queued: "In the queue",
  launching: "Starting a machine",
  task_accepted: "Loading the image",
  task_running: "Connecting the agent",
  connected: "Agent connected",
  stopping: "Stopping",
  ended: "Machine stopped",
};

export const STEP_WORDS: Record<ItemOf<"step">["step"], string> = {
  preparing: "Preparing the workspace",
  planning: "Planning",
  agent: "Working on it",
  verifying: "Checking the app",
  uploading: "Saving the files",
  rate_limited: "Waiting for Claude",
  turn_complete: "Finishing this step",
};

const queueWords = (generation: Generation, live: LiveState, nowMs: number): string => {
  const { state, queuePosition, estimatedStartAt } = generation;
  // Until the page has asked again, only the event says why it is back in the queue.
  const { message, until } = (state === "queued" ? generation.waiting : live.waiting) ?? {};
  if (message) return until ? `${message} Retrying at ${formatTime(until)}.` : message;
  // After an attempt its machine is gone; another one goes on from what was saved.
  const again = live.attempt > 0 ? "Restarting… " : "";
  const place =
    queuePosition === undefined || queuePosition <= 1
      ? `${again}Next in the queue`
      : `${again}Number ${queuePosition} in the queue`;
  if (!estimatedStartAt) return place;
  const waitMs = Date.parse(estimatedStartAt) - nowMs;
  return waitMs < 5_000 ? `${place}, starting soon` : `${place}, starts in about ${formatDuration(waitMs)}`;
};

const startingWords = (live: LiveState): string => {
  const start = live.items.findLast((item) => item.kind === "start");
  const step = start?.steps.at(-1)?.step;
  return step === undefined || step === "queued" ? START_WORDS.launching : START_WORDS[step];
};

const runningWords = (live: LiveState): string => {
  if (live.openPlan !== undefined) return "Waiting for your reply to the plan";
  if (live.step === "rate_limited") {
    const why = live.items.findLast((item) => item.kind === "step" && item.step === "rate_limited");
    const words = (why?.kind === "step" && why.text) || `${STEP_WORDS.rate_limited}.`;
    return live.retryAt ? `${words} Retrying at ${formatTime(live.retryAt)}.` : words;
  }
  const last = live.items.at(-1);
  if (last?.kind === "tool" && last.status === "running") return toolWords(last.name, last.target, "running");
  if (last?.kind === "text" && !last.done) return "Writing";
  return live.step ? STEP_WORDS[live.step] : "Getting started";
};

/** @returns undefined once the generation is over */
export const activityWords = (generation: Generation, live: LiveState, nowMs: number): string | undefined => {
  const state = live.state ?? generation.state;
  if (generation.cancelRequestedAt && !isFinal(state)) {
    return live.stopping ? "Stopping the machine" : "Stopping and saving what's there";
  }
  switch (state) {
    case "queued":
      return queueWords(generation, live, nowMs);
    case "starting":
      return startingWords(live);
    case "running":
      return runningWords(live);
    case "finalizing":
      return "Saving the version";
    case "completed":
    case "answered":
    case "failed":
    case "cancelled":
      return undefined;
  }
};
