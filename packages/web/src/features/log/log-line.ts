/** The lines of a log that leaves nothing out: one or more for each event, in the words of the conversation. */
import type { Event } from "@leo/core/event.ts";
import type { Failure } from "@leo/core/failure.ts";
import { stateOf } from "@leo/core/event-state.ts";
import { stateText } from "../../components/state-label.tsx";
import { formatCount, formatSize, formatTime, plural } from "../../lib/format.ts";
import { START_WORDS, STEP_WORDS } from "../generation/activity.ts";
import { CHECK_NAMES } from "../generation/check-names.ts";
import type { EventOf } from "../live/timeline-item.ts";
import { toolWords } from "../generation/tool-words.ts";

export type LogLevel = "debug" | "info" | "warn" | "error";

export interface LogLine {
  seq: number;
  at: string;
  level: LogLevel;
  source: string;
  text: string;
  /** Whether it is the first of its event's lines, which alone says when and what. */
  first: boolean;
  key: string;
}

const words = (parts: (string | undefined)[]) =>
  parts.filter((part) => part !== undefined && part !== "").join(" ");

const failureText = ({ message, detail }: Failure) => [message, detail].filter(Boolean).join("\n");

/** As the conversation shows them, with what a failed one has put out. */
const checksText = ({ checks, round }: EventOf<"verified">) =>
  [
    `Checks, round ${round}`,
    ...checks.flatMap(({ name, result, output }) => [
      `${CHECK_NAMES[name]}: ${result}`,
      ...(result === "failed" && output ? [output] : []),
    ]),
  ].join("\n");

const CHANGED = { created: "Created", modified: "Changed", deleted: "Deleted" } as const;

const PUSH_WORDS: Record<EventOf<"push">["state"], string> = {
  done: "Pushed to GitHub",
  failed: "Not pushed to GitHub",
};

type Said = Pick<LogLine, "level" | "source" | "text">;

const info = (source: string, text: string): Said => ({ level: "info", source, text });

const describe = (event: Event): Said => {
  switch (event.type) {
    case "log":
      return { level: event.level, source: "log", text: event.text };
    case "agent_text":
      return info("agent", event.text);
    case "agent_tool":
      return {
        level: event.status === "failed" ? "error" : "info",
        source: "tool",
        text: [
          toolWords(event.name, event.target, event.status) + (event.status === "failed" ? " (failed)" : ""),
          event.result,
        ]
          .filter(Boolean)
          .join("\n"),
      };
    case "file_changed":
      return info(
        "file",
        words([
          CHANGED[event.change],
          event.path,
          event.sizeBytes === undefined ? undefined : formatSize(event.sizeBytes),
        ]),
      );
    case "progress":
      return info(
        "progress",
        words([
          event.text ?? STEP_WORDS[event.step],
          event.retryAt && `Retrying at ${formatTime(event.retryAt)}.`,
        ]),
      );
    case "plan_proposed":
      return info("plan", event.text);
    case "usage":
      return {
        level: "debug",
        source: "usage",
        text: `${formatCount(event.inputTokens)} tokens in, ${formatCount(event.outputTokens)} out, ${formatCount(event.cacheReadTokens)} cached`,
      };
    case "verified":
      return { level: event.passed ? "info" : "error", source: "checks", text: checksText(event) };
    case "artifact_uploaded":
      return info("saving", `Saved ${plural(event.fileCount, "file")}, ${formatSize(event.sizeBytes)}`);
    case "error":
      return { level: "error", source: "failure", text: failureText(event.failure) };
    case "all_work_complete":
      return event.failure
        ? { level: "error", source: "end", text: event.failure.message }
        : info("end", event.answered ? "The agent replied without changing files" : "The agent finished");
    case "state_changed":
      return {
        level: event.failure ? "error" : "info",
        source: "state",
        text: words([
          stateText(stateOf(event.state)),
          event.attempt > 1 ? `(attempt ${event.attempt})` : undefined,
          event.failure && `\n${event.failure.message}`,
        ]),
      };
    case "attempt_progress":
      return info("start", words([START_WORDS[event.step], event.text && `\n${event.text}`]));
    case "user_message":
      return info("you", event.text);
    case "user_message_changed":
      return info("you", `Changed to: ${event.text}`);
    case "user_message_removed":
      return info("you", "Took back the added request");
    case "user_message_taken":
      return { level: "debug", source: "you", text: "Leo read the added request" };
    case "user_message_returned":
      return {
        level: "warn",
        source: "you",
        text: "The run ended before Leo read the added request",
      };
    case "version_copied":
      return info(
        "state",
        words([`Copied from version ${event.fromVersion}`, event.fromApp && `of ${event.fromApp}`]),
      );
    case "draft_saved":
      return info("state", `Saved a draft of ${plural(event.fileCount, "file")}`);
    case "push":
    case "publication":
      return {
        level: event.failure ? "error" : "info",
        source: "github",
        text: words([PUSH_WORDS[event.state], event.repository, event.commitUrl, event.failure?.message]),
      };
  }
};

const linesOf = ({ seq, at }: Event, { level, source, text }: Said): readonly LogLine[] =>
  text
    .replace(/\n$/, "")
    .split("\n")
    .map((part, index) => ({
      seq,
      at,
      level,
      source,
      text: part,
      first: index === 0,
      key: `${seq}.${index}`,
    }));

/** What one or more events say: the pieces of a text of the agent are one entry, so that no sentence is cut. */
export interface LogEntry {
  /** Of how many events. */
  eventCount: number;
  lines: readonly LogLine[];
  /** What a filter looks at, in lower case. */
  text: string;
  /** The text of the agent that may still grow. */
  open?: { blockId: string; first: Event; text: string };
}

const entryOf = (event: Event, said: Said, rest: Pick<LogEntry, "eventCount" | "open">): LogEntry => ({
  ...rest,
  lines: linesOf(event, said),
  text: `${said.source} ${said.text}`.toLowerCase(),
});

/** Adds what an event says to the entries. */
export const addEvent = (entries: LogEntry[], event: Event): void => {
  if (event.type !== "agent_text") {
    entries.push(entryOf(event, describe(event), { eventCount: 1 }));
    return;
  }
  const index = entries.findLastIndex(({ open }) => open?.blockId === event.blockId);
  const known = entries[index];
  const first = known?.open?.first ?? event;
  const text = (known?.open?.text ?? "") + event.text;
  const entry = entryOf(first, info("agent", text), {
    eventCount: (known?.eventCount ?? 0) + 1,
    ...(event.done ? {} : { open: { blockId: event.blockId, first, text } }),
  });
  if (known) entries[index] = entry;
  else entries.push(entry);
};
