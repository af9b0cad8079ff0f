/** What each type of event does to the state and to the rows of the timeline. */
import type { Event } from "@leo/core/event.ts";
import { stateOf } from "@leo/core/event-state.ts";
import { isFinal } from "../../lib/generation-state.ts";
import type { Draft } from "./reducer.ts";
import type { EventOf, FileChange, ItemOf, StartStep, TimelineItem } from "./timeline-item.ts";

const place = ({ seq, at }: Event) => ({ seq, at });

/** Index of the newest item that fits, or -1. */
const newest = (draft: Draft, fits: (item: TimelineItem) => boolean) => draft.items.findLastIndex(fits);

const openStart = (draft: Draft) => newest(draft, (item) => item.kind === "start" && !item.done);

const addStartStep = (draft: Draft, event: Event, attempt: number, step: StartStep) => {
  const index = openStart(draft);
  const open = draft.items[index] as ItemOf<"start"> | undefined;
  if (!open) {
    draft.items.push({ ...place(event), kind: "start", attempt, steps: [step], done: false });
    return;
  }
  draft.items[index] = { ...open, attempt: Math.max(open.attempt, attempt), steps: [...open.steps, step] };
};

const closeStart = (draft: Draft) => {
  const index = openStart(draft);
  const open = draft.items[index] as ItemOf<"start"> | undefined;
  if (open) draft.items[index] = { ...open, done: true };
};

/** What still runs when a run ends, or another attempt begins, will never say how it went. */
const stopTools = (draft: Draft) => {
  draft.items = draft.items.map((item) =>
    item.kind === "tool" && item.status === "running" ? { ...item, status: "stopped" as const } : item,
  );
};

const stateChanged = (draft: Draft, event: EventOf<"state_changed">) => {
  const { attempt, failure, waiting, at } = event;
  const state = stateOf(event.state);
  draft.state = state;
  if (attempt !== draft.attempt) draft.costUsd = 0;
  draft.attempt = attempt;
  draft.failure = failure;
  draft.waiting = waiting;
  if (waiting) draft.items.push({ ...place(event), kind: "notice", level: "warn", text: waiting.message });
  if (state === "queued") {
    draft.step = undefined;
    closeStart(draft);
    stopTools(draft);
    addStartStep(draft, event, attempt + 1, { step: "queued", at });
  }
  if (state === "running" || isFinal(state)) closeStart(draft);
  if (state === "completed" || state === "answered" || state === "failed" || state === "cancelled") {
    draft.stopping = false;
    stopTools(draft);
    draft.items.push({ ...place(event), kind: "end", state, ...(failure ? { failure } : {}) });
  }
};

const attemptProgress = (draft: Draft, event: EventOf<"attempt_progress">) => {
  const { step, text, at, attempt } = event;
  if (step === "stopping") draft.stopping = true;
  // What comes once the agent works is no part of the start; the state's own row tells it.
  if (openStart(draft) === -1 && (step === "stopping" || step === "ended" || draft.state === "running"))
    return;
  addStartStep(draft, event, attempt, { step, at, ...(text ? { text } : {}) });
};

/** The model says anew what it had begun to say when its answer broke off. */
const dropBrokenOff = (draft: Draft) => {
  draft.items = draft.items.filter((item) => item.kind !== "text" || !item.brokenOff);
};

const agentText = (draft: Draft, event: EventOf<"agent_text">) => {
  const { blockId, text, done, brokenOff } = event;
  const index = newest(draft, (item) => item.kind === "text" && item.blockId === blockId);
  const open = draft.items[index] as ItemOf<"text"> | undefined;
  if (open) {
    const end = { done: done || open.done, ...(brokenOff ? { brokenOff } : {}) };
    draft.items[index] = { ...open, text: open.text + text, ...end };
    return;
  }
  if (brokenOff) return;
  dropBrokenOff(draft);
  draft.items.push({ ...place(event), kind: "text", blockId, text, done });
};

const agentTool = (draft: Draft, event: EventOf<"agent_tool">) => {
  const { toolUseId, name, target, result, at } = event;
  // Ending a run interrupts its tool, which is no fault of the tool's.
  const status: ItemOf<"tool">["status"] =
    draft.stopping && event.status === "failed" ? "stopped" : event.status;
  if (event.status === "running") dropBrokenOff(draft);
  const index = newest(draft, (item) => item.kind === "tool" && item.toolUseId === toolUseId);
  const open = draft.items[index] as ItemOf<"tool"> | undefined;
  const outcome = {
    status,
    ...(target === undefined ? {} : { target }),
    ...(result === undefined ? {} : { result }),
    ...(status === "running" ? {} : { endedAt: at }),
  };
  if (open) draft.items[index] = { ...open, ...outcome };
  else draft.items.push({ ...place(event), kind: "tool", toolUseId, name, ...outcome });
};

/** How far back a file's change looks for the tool that made it. */
const TOOL_REACH = 8;
const READING = new Set(["Read", "Grep", "Glob", "LS"]);

/** Index of the tool that made the change, or -1: changes come in the order of their tools, and sometimes late. */
const makerOf = (draft: Draft, path: string): number => {
  const from = Math.max(0, draft.items.length - TOOL_REACH);
  const makers = draft.items.slice(from).flatMap((item, index) => {
    const mayHaveMade = item.kind === "tool" && !READING.has(item.name) && item.target?.endsWith(path);
    return mayHaveMade ? [{ index: from + index, known: item.change !== undefined }] : [];
  });
  return (makers.find(({ known }) => !known) ?? makers.at(-1))?.index ?? -1;
};

const fileChanged = (draft: Draft, event: EventOf<"file_changed">) => {
  const { path, change: kind, sizeBytes } = event;
  const change: FileChange = { path, change: kind, ...(sizeBytes === undefined ? {} : { sizeBytes }) };
  draft.files.set(path, change);
  const index = makerOf(draft, path);
  const tool = draft.items[index] as ItemOf<"tool"> | undefined;
  if (tool) {
    draft.items[index] = { ...tool, change };
    return;
  }
  const last = draft.items.at(-1);
  if (last?.kind === "files")
    draft.items[draft.items.length - 1] = { ...last, changes: [...last.changes, change] };
  else draft.items.push({ ...place(event), kind: "files", changes: [change] });
};

const progress = (draft: Draft, event: EventOf<"progress">) => {
  const { step, text, retryAt } = event;
  draft.step = step;
  draft.retryAt = retryAt;
  if (step === "turn_complete" || (step === "agent" && !text)) return;
  const item: ItemOf<"step"> = {
    ...place(event),
    kind: "step",
    step,
    ...(text ? { text } : {}),
    ...(retryAt ? { retryAt } : {}),
  };
  const last = draft.items.at(-1);
  const saidAgain = last?.kind === "step" && step === "rate_limited" && last.step === step;
  // An outage is one row, however often the model is asked in vain.
  if (saidAgain) draft.items[draft.items.length - 1] = { ...item, seq: last.seq, at: last.at };
  else draft.items.push(item);
};

/** A step that has its outcome needs no line of its own: the outcome takes its place. */
const settleStep = (draft: Draft, step: ItemOf<"step">["step"], outcome: TimelineItem) => {
  const last = draft.items.at(-1);
  if (last?.kind !== "step" || last.step !== step) return void draft.items.push(outcome);
  draft.items[draft.items.length - 1] = { ...outcome, seq: last.seq, at: last.at };
};

/** The request leaves the queue and gets its place among the rows: where a turn took it up. */
const settleMessage = (
  draft: Draft,
  event: EventOf<"user_message_taken"> | EventOf<"user_message_returned">,
  status: ItemOf<"message">["status"],
) => {
  const { messageId } = event;
  const message = draft.queued.find((queued) => queued.messageId === messageId);
  if (!message) return;
  draft.queued = draft.queued.filter((queued) => queued !== message);
  draft.items.push({ ...place(event), kind: "message", messageId, text: message.text, status });
};

const log = (draft: Draft, event: EventOf<"log">) => {
  if (event.level !== "warn" && event.level !== "error") return;
  draft.items.push({ ...place(event), kind: "notice", level: event.level, text: event.text });
};

/** Changes the draft by one event, whose predecessor has been applied. */
export const fold = (draft: Draft, event: Event): void => {
  switch (event.type) {
    case "state_changed":
      return stateChanged(draft, event);
    case "attempt_progress":
      return attemptProgress(draft, event);
    case "agent_text":
      return agentText(draft, event);
    case "agent_tool":
      return agentTool(draft, event);
    case "file_changed":
      return fileChanged(draft, event);
    case "progress":
      return progress(draft, event);
    case "log":
      return log(draft, event);
    case "usage":
      draft.costUsd = event.costUsd;
      return;
    case "plan_proposed":
      draft.openPlan = event.text;
      draft.items.push({ ...place(event), kind: "plan", text: event.text });
      return;
    case "user_message":
      draft.openPlan = undefined;
      draft.queued = [...draft.queued, { messageId: event.messageId, text: event.text, at: event.at }];
      return;
    case "user_message_changed":
      draft.queued = draft.queued.map((message) =>
        message.messageId === event.messageId ? { ...message, text: event.text } : message,
      );
      return;
    case "user_message_removed":
      draft.queued = draft.queued.filter(({ messageId }) => messageId !== event.messageId);
      return;
    case "user_message_taken":
      return settleMessage(draft, event, "taken");
    case "user_message_returned":
      return settleMessage(draft, event, "returned");
    case "verified":
      return settleStep(draft, "verifying", {
        ...place(event),
        kind: "checks",
        round: event.round,
        passed: event.passed,
        checks: event.checks,
      });
    case "artifact_uploaded":
      return settleStep(draft, "uploading", {
        ...place(event),
        kind: "stored",
        fileCount: event.fileCount,
        sizeBytes: event.sizeBytes,
        durationMs: event.durationMs,
      });
    case "error":
      draft.failure = event.failure;
      return;
    case "version_copied":
      draft.items.push({
        ...place(event),
        kind: "copied",
        fromVersion: event.fromVersion,
        ...(event.fromApp === undefined ? {} : { fromApp: event.fromApp }),
      });
      return;
    case "draft_saved":
      draft.draftSaved = true;
      return;
    case "push":
    case "publication":
      draft.items.push({ ...event, kind: "push" });
      return;
    case "all_work_complete": {
      // An answer stores no files, so the row that says so never gets its outcome.
      const last = draft.items.at(-1);
      if (event.answered && last?.kind === "step" && last.step === "uploading") draft.items.pop();
      return;
    }
  }
};
