/** The lines of a log that leaves no event out: one or more for each, as its text has lines. */
import type { Event } from "@leo/core/event.ts";
import { formatSize } from "../../lib/format.ts";

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

const checksText = ({ checks, round }: Extract<Event, { type: "verified" }>) =>
  `round ${round}: ${checks.map(({ name, result }) => `${name} ${result}`).join(", ")}`;

const words = (parts: (string | undefined)[]) =>
  parts.filter((part) => part !== undefined && part !== "").join(" ");

const describe = (event: Event): Pick<LogLine, "level" | "source" | "text"> => {
  switch (event.type) {
    case "log":
      return { level: event.level, source: "log", text: event.text };
    case "agent_text":
      return { level: "info", source: "agent", text: event.text };
    case "agent_tool":
      return {
        level: event.status === "failed" ? "error" : "info",
        source: "tool",
        text: words([event.name, event.target, event.status, event.result]),
      };
    case "file_changed":
      return {
        level: "info",
        source: "file",
        text: words([
          event.change,
          event.path,
          event.sizeBytes === undefined ? undefined : formatSize(event.sizeBytes),
        ]),
      };
    case "progress":
      return { level: "info", source: "progress", text: words([event.step, event.text, event.retryAt]) };
    case "plan_proposed":
      return { level: "info", source: "plan", text: event.text };
    case "usage":
      return {
        level: "debug",
        source: "usage",
        text: `${event.inputTokens} in, ${event.outputTokens} out, ${event.cacheReadTokens} cached`,
      };
    case "verified":
      return { level: event.passed ? "info" : "error", source: "checks", text: checksText(event) };
    case "artifact_uploaded":
      return {
        level: "info",
        source: "upload",
        text: `${event.fileCount} files, ${formatSize(event.sizeBytes)}`,
      };
    case "error":
      return {
        level: "error",
        source: "failure",
        text: words([event.failure.code, event.failure.message, event.failure.detail]),
      };
    case "all_work_complete":
      return event.failure
        ? { level: "error", source: "end", text: words([event.failure.code, event.failure.message]) }
        : { level: "info", source: "end", text: event.answered ? "answered in words" : "all work complete" };
    case "state_changed":
      return {
        level: event.failure ? "error" : "info",
        source: "state",
        text: words([event.state, `attempt ${event.attempt}`, event.failure?.message]),
      };
    case "attempt_progress":
      return {
        level: "info",
        source: "attempt",
        text: words([String(event.attempt), event.step, event.text]),
      };
    case "user_message":
      return { level: "info", source: "you", text: event.text };
    case "user_message_changed":
      return { level: "info", source: "you", text: `changed to: ${event.text}` };
    case "user_message_removed":
      return { level: "info", source: "you", text: "the added request was taken back" };
    case "user_message_taken":
      return { level: "debug", source: "you", text: "the agent answers the added request" };
    case "user_message_returned":
      return { level: "warn", source: "you", text: "the run ended before the added request was answered" };
    case "version_copied":
      return {
        level: "info",
        source: "state",
        text: words([
          "copied from version",
          String(event.fromVersion),
          event.fromApp && `of ${event.fromApp}`,
        ]),
      };
    case "draft_saved":
      return { level: "info", source: "state", text: `saved a draft with ${event.fileCount} files` };
    case "publication":
      return {
        level: event.failure ? "error" : "info",
        source: "github",
        text: words([event.state, event.repository, event.commitUrl, event.failure?.message]),
      };
  }
};

const cache = new WeakMap<Event, readonly LogLine[]>();

/** Events are never changed, so each is described once. */
export const logLines = (event: Event): readonly LogLine[] => {
  const known = cache.get(event);
  if (known) return known;
  const { seq, at } = event;
  const { level, source, text } = describe(event);
  const lines = text
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
  cache.set(event, lines);
  return lines;
};
