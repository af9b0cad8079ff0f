import { clsx } from "clsx";
import { ArrowDownToLine } from "lucide-react";
import { Toggle } from "@base-ui/react/toggle";
import { useDeferredValue, useState } from "react";
import type { Event } from "@leo/core/event.ts";
import { Empty } from "../../../components/empty.tsx";
import { Select } from "../../../components/ui/select.tsx";
import { inputClass } from "../../../components/ui/text-field.tsx";
import { formatCount } from "../../../lib/format.ts";
import type { LogLevel } from "../log-line.ts";
import { useLogLines } from "../use-log-lines.ts";
import { LogLines } from "./log-lines.tsx";

const LEVEL_OPTIONS: readonly { value: LogLevel; label: string }[] = [
  { value: "debug", label: "Everything" },
  { value: "info", label: "Info and above" },
  { value: "warn", label: "Warnings and errors" },
  { value: "error", label: "Errors" },
];

export const LogPanel = ({ events }: { events: readonly Event[] }) => {
  const [words, setWords] = useState("");
  const [level, setLevel] = useState<LogLevel>("debug");
  const [follow, setFollow] = useState(true);
  const wanted = useDeferredValue(words.trim().toLowerCase());

  const { lines, eventCount } = useLogLines(events, { level, words: wanted });

  return (
    <div className="flex h-full flex-col">
      <div className="flex h-11 shrink-0 items-center gap-2 border-b border-line px-3">
        <input
          type="search"
          dir="auto"
          aria-label="Filter the log"
          placeholder="Filter"
          value={words}
          onChange={(event) => setWords(event.target.value)}
          className={`${inputClass} h-8! max-w-64 min-w-0 text-[13px]!`}
        />
        <Select label="Level" value={level} onChange={setLevel} options={LEVEL_OPTIONS} />
        <span className="hidden flex-1 truncate text-right text-xs text-faint tabular-nums sm:block">
          {eventCount === events.length
            ? `${formatCount(events.length)} events`
            : `${formatCount(eventCount)} of ${formatCount(events.length)} events`}
        </span>
        <Toggle
          pressed={follow}
          onPressedChange={setFollow}
          className={clsx(
            "inline-flex h-8 shrink-0 items-center gap-1.5 rounded-md px-2.5 text-xs font-medium",
            follow ? "bg-accent-soft text-accent" : "text-muted hover:bg-hover",
          )}
        >
          <ArrowDownToLine className="size-3.5" aria-hidden="true" />
          Follow
        </Toggle>
      </div>
      {lines.length === 0 ? (
        <Empty title={events.length === 0 ? "No events yet" : "No matching events"} />
      ) : (
        <LogLines lines={lines} follow={follow} onFollow={setFollow} />
      )}
    </div>
  );
};
