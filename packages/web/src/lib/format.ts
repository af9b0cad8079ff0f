import { serverNow } from "./clock.ts";

const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
const dateTime = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "short" });
const clock = new Intl.DateTimeFormat("en", {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
});
const count = new Intl.NumberFormat("en");

const STEPS: [unit: Intl.RelativeTimeFormatUnit, seconds: number][] = [
  ["year", 31_536_000],
  ["month", 2_592_000],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];

/** "2 hours ago", "just now". */
export const formatAgo = (iso: string, nowMs = serverNow()): string => {
  const seconds = (nowMs - Date.parse(iso)) / 1_000;
  const step = STEPS.find(([, size]) => Math.abs(seconds) >= size);
  return step ? relative.format(-Math.round(seconds / step[1]), step[0]) : "just now";
};

const timeOfDay = new Intl.DateTimeFormat("en", { timeStyle: "short" });

/** "1:57 PM" */
export const formatTime = (iso: string) => timeOfDay.format(new Date(iso));

const dayOfYear = new Intl.DateTimeFormat("en", { month: "short", day: "numeric", timeZone: "UTC" });

/** "Nov 23" for 2026-11-23, a day of UTC. */
export const formatDay = (day: string) => dayOfYear.format(new Date(`${day}T00:00:00Z`));

/** "4:43 PM" for today, "Nov 23, 2026, 4:43 PM" otherwise. */
export const formatWhen = (iso: string, now = new Date(serverNow())): string => {
  const date = new Date(iso);
  return date.toDateString() === now.toDateString() ? timeOfDay.format(date) : dateTime.format(date);
};

export const formatDateTime = (iso: string) => dateTime.format(new Date(iso));
export const formatClock = (iso: string) => clock.format(new Date(iso));
export const formatCount = (value: number) => count.format(value);

/** "0.4 s", "12 s", "3 min 05 s", "1 h 02 min". */
export const formatDuration = (durationMs: number): string => {
  const seconds = Math.max(0, durationMs) / 1_000;
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${String(Math.floor(seconds % 60)).padStart(2, "0")} s`;
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, "0")} min`;
};

/** A duration that still grows: whole seconds. */
export const formatElapsed = (elapsedMs: number): string => {
  const seconds = Math.max(0, Math.floor(elapsedMs / 1_000));
  return seconds < 10 ? `${seconds} s` : formatDuration(seconds * 1_000);
};

/** "312 B", "3.4 KB", "1.2 MB". */
export const formatSize = (sizeBytes: number): string => {
  if (sizeBytes < 1_000) return `${sizeBytes} B`;
  if (sizeBytes < 1_000_000) return `${(sizeBytes / 1_000).toFixed(1)} KB`;
  return `${(sizeBytes / 1_000_000).toFixed(1)} MB`;
};

/** "1 file", "3 files". */
export const plural = (value: number, noun: string) =>
  `${formatCount(value)} ${noun}${value === 1 ? "" : "s"}`;
