import { useState } from "react";
import type { Event } from "@leo/core/event.ts";
import { logLines, type LogLevel, type LogLine } from "./log-line.ts";

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

const fits = ({ level, words }: LogFilter, [line]: readonly LogLine[], text: string) =>
  line !== undefined &&
  LEVELS.indexOf(line.level) >= LEVELS.indexOf(level) &&
  (words === "" || text.toLowerCase().includes(words));

/** The lines of events from `from` on that fit the filter, after those found before. */
const extend = (before: Filtered, events: readonly Event[], from: number, filter: LogFilter): Filtered => {
  const found: LogLine[] = [];
  let { eventCount } = before;
  for (const event of events.slice(from)) {
    const own = logLines(event);
    const text = filter.words === "" ? "" : own.map((line) => `${line.source} ${line.text}`).join("\n");
    if (!fits(filter, own, text)) continue;
    for (const line of own) found.push(line);
    eventCount += 1;
  }
  // Not spread and pushed to: many thousands of lines would be copied twice, each frame.
  return { lines: before.lines.concat(found), eventCount };
};

const NOTHING: Filtered = { lines: [], eventCount: 0 };

const continues = (known: readonly Event[], events: readonly Event[]) =>
  events.length >= known.length && known.at(-1) === events[known.length - 1];

/** Remembers what it found, so that of growing events only the new ones are looked at. */
const createReader = () => {
  let known: { events: readonly Event[]; filter: LogFilter; found: Filtered } | undefined;
  return (events: readonly Event[], filter: LogFilter): Filtered => {
    const same = known?.filter.level === filter.level && known.filter.words === filter.words;
    if (known && same && known.events === events) return known.found;
    const found =
      known && same && continues(known.events, events)
        ? extend(known.found, events, known.events.length, filter)
        : extend(NOTHING, events, 0, filter);
    known = { events, filter, found };
    return found;
  };
};

/** Lines of the events that fit the filter. */
export const useLogLines = (events: readonly Event[], filter: LogFilter): Filtered => {
  const [read] = useState(createReader);
  return read(events, filter);
};
