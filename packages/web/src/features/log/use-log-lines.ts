import { useState } from "react";
import type { Event } from "@leo/core/event.ts";
import { addEvent, type LogEntry, type LogLevel, type LogLine } from "./log-line.ts";

const LEVELS: readonly LogLevel[] = ["debug", "info", "warn", "error"];

export interface LogFilter {
  /** The lowest level that is shown. */
  level: LogLevel;
  /** Lower case; empty for all. */
  words: string;
}

interface Filtered {
  lines: readonly LogLine[];
  eventCount: number;
}

const fits = ({ lines: [line], text }: LogEntry, { level, words }: LogFilter) =>
  line !== undefined &&
  LEVELS.indexOf(line.level) >= LEVELS.indexOf(level) &&
  (words === "" || text.includes(words));

const filtered = (entries: readonly LogEntry[], filter: LogFilter): Filtered => {
  const found = entries.filter((entry) => fits(entry, filter));
  return {
    lines: found.flatMap(({ lines }) => lines),
    eventCount: found.reduce((count, entry) => count + entry.eventCount, 0),
  };
};

const continues = (known: readonly Event[], events: readonly Event[]) =>
  events.length >= known.length && known.at(-1) === events[known.length - 1];

/** Keeps what it has made of the events, so that of growing ones only the new are described. */
const createReader = () => {
  let entries: LogEntry[] = [];
  let known: readonly Event[] = [];
  let last: { filter: LogFilter; found: Filtered } | undefined;
  return (events: readonly Event[], filter: LogFilter): Filtered => {
    const same = last?.filter.level === filter.level && last.filter.words === filter.words;
    if (last && same && known === events) return last.found;
    if (!continues(known, events)) {
      entries = [];
      known = [];
    }
    for (const event of events.slice(known.length)) addEvent(entries, event);
    known = events;
    const found = filtered(entries, filter);
    last = { filter, found };
    return found;
  };
};

/** Lines of the events that fit the filter. */
export const useLogLines = (events: readonly Event[], filter: LogFilter): Filtered => {
  const [read] = useState(createReader);
  return read(events, filter);
};
